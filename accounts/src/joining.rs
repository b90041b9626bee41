//! Taking a seat: in one transaction the events, the account, what proved the address, and the
//! messages that tell others.

use commands::{
    By, CommandError, Commands, Refusal, add_staff::AddStaff, follow_invitation::FollowInvitation,
    register_establishment::RegisterEstablishment, register_student::RegisterStudent,
    take_seat::TakeSeat,
};
use domain::{
    actor::Actor,
    ids::{CorrelationId, InvitationId, PersonId},
    values::{PersonName, Role, SchoolYear, StaffRole},
};
use store::{StoreError, Write};

use crate::{
    TokenHash,
    account::{Credentials, NewAccount, Return},
    invitee::{self, Invitee},
    person::{NewPeople, Person},
    session::EndAll,
    sign_up::{self, Settle, SignUp},
    token::{self, Purpose, Spend, Withdraw},
};

/// Activates the sign-up that this token proves the address of, and gives its account.
///
/// # Errors
///
/// [`Refusal::TokenInvalid`], or the rule that refuses the seat: the sign-up then waits on, and its
/// token stays good.
pub async fn activate(
    commands: &Commands,
    correlation: CorrelationId,
    token: TokenHash,
) -> Result<PersonId, CommandError> {
    let now = commands.clock().now();
    let (sign_up, invitation) = proven(commands, &token).await?;
    let spend = Spend {
        purpose: Purpose::Activation,
        subject: sign_up.id.as_uuid(),
        token,
    };
    let account = NewAccount {
        id: sign_up.id,
        email: sign_up.email.clone(),
        role: sign_up.role,
        password_hash: sign_up.password_hash.clone(),
        created_at: now,
    };
    let settle = Settle {
        email: &sign_up.email,
        account: sign_up.id,
    };
    let writes: [&dyn Write; 3] = [&spend, &account, &settle];
    match take_seat(commands, correlation, &sign_up, invitation, &writes).await {
        // Somebody else proved the address meanwhile, or by this very sign-up.
        Err(CommandError::Refused(Refusal::EmailTaken)) => Err(Refusal::TokenInvalid.into()),
        outcome => outcome.map(|()| sign_up.id),
    }
}

/// The sign-up that this token proves the address of, and the invitation that waits at that address
/// in the same establishment.
async fn proven(
    commands: &Commands,
    token: &TokenHash,
) -> Result<(SignUp, Option<InvitationId>), CommandError> {
    let now = commands.clock().now();
    let mut reader = commands.store().reader().await?;
    let conn = &mut reader.conn();
    let subject = token::subject(conn, Purpose::Activation, token, now).await?;
    let subject = subject.ok_or(Refusal::TokenInvalid)?;
    let sign_up = sign_up::get(conn, PersonId::new(subject)).await?;
    let sign_up = sign_up.ok_or(Refusal::TokenInvalid)?;
    let pending = invitee::pending_at(conn, &sign_up.email.key()).await?;
    let mut here = pending
        .into_iter()
        .filter(|(establishment, _)| *establishment == sign_up.establishment);
    let invitation = here.next().map(|(_, invitation)| invitation);
    Ok((sign_up, invitation))
}

async fn take_seat(
    commands: &Commands,
    correlation: CorrelationId,
    sign_up: &SignUp,
    invitation: Option<InvitationId>,
    writes: &[&dyn Write],
) -> Result<(), CommandError> {
    let by = acting(sign_up.id, sign_up.role, correlation);
    let establishment = sign_up.establishment.clone();
    let school_year = current_school_year(commands)?;
    let invitation = invitation.map(|invitation| FollowInvitation {
        establishment: establishment.clone(),
        invitation,
        person: sign_up.id,
        school_year,
    });
    let invitation = invitation.as_ref();
    match (sign_up.role, sign_up.role.staff()) {
        (_, Some(StaffRole::Head)) => {
            let register = RegisterEstablishment {
                establishment,
                head: sign_up.id,
                school_year,
            };
            let seat = seat(register, sign_up, invitation);
            commands.execute_with(&by, &seat, writes).await
        }
        (_, Some(role)) => {
            let join = AddStaff {
                establishment,
                staff: sign_up.id,
                role,
            };
            let seat = seat(join, sign_up, invitation);
            commands.execute_with(&by, &seat, writes).await
        }
        (Role::Student, None) => register_student(commands, &by, sign_up, invitation, writes).await,
        (role, None) => Err(CommandError::Store(StoreError::Damaged {
            stream: "table sign_ups".to_owned(),
            detail: format!("nobody signs up as {role}"),
        })),
    }
}

fn seat<'a, U>(
    use_case: U,
    sign_up: &SignUp,
    invitation: Option<&'a FollowInvitation>,
) -> TakeSeat<'a, U> {
    TakeSeat {
        sign_up: use_case,
        role: sign_up.role.staff(),
        invitation,
    }
}

/// A class that is gone by now keeps no pupil out: staff will give them another.
async fn register_student(
    commands: &Commands,
    by: &By,
    sign_up: &SignUp,
    invitation: Option<&FollowInvitation>,
    writes: &[&dyn Write],
) -> Result<(), CommandError> {
    let register = RegisterStudent {
        establishment: sign_up.establishment.clone(),
        student: sign_up.id.into(),
        class: sign_up.class,
    };
    let mut seat = seat(register, sign_up, invitation);
    match commands.execute_with(by, &seat, writes).await {
        Err(CommandError::Refused(Refusal::ClassNotFound)) => {
            seat.sign_up.class = None;
            commands.execute_with(by, &seat, writes).await
        }
        outcome => outcome,
    }
}

/// Somebody who follows an invitation.
pub struct Follower<'a> {
    /// The invitation, which proves the address.
    pub invitee: &'a Invitee,
    /// As what they are invited.
    pub role: StaffRole,
    /// Its token.
    pub token: TokenHash,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// From [`hash`](crate::password::hash).
    pub password_hash: String,
    /// The account that the address has already, when they come back.
    pub known: Option<Credentials>,
}

/// Lets somebody follow an invitation, and gives their account.
///
/// # Errors
///
/// [`Refusal::TokenInvalid`] when it was followed or taken back meanwhile, or the rule that refuses
/// the seat.
pub async fn follow(
    commands: &Commands,
    correlation: CorrelationId,
    follower: &Follower<'_>,
) -> Result<PersonId, CommandError> {
    let clock = commands.clock();
    let invitee = follower.invitee;
    let known = follower.known.as_ref().map(|known| known.id);
    let id = known.unwrap_or_else(|| PersonId::new(clock.new_uuid()));
    let role = Role::from(follower.role);
    let follow = FollowInvitation {
        establishment: invitee.establishment.clone(),
        invitation: invitee.invitation,
        person: id,
        school_year: current_school_year(commands)?,
    };
    let settle = Settle {
        email: &invitee.email,
        account: id,
    };
    let mut writes = account_writes(commands, follower, id);
    let person = Person {
        id,
        first_name: follower.first_name.clone(),
        last_name: follower.last_name.clone(),
        birth_date: None,
    };
    writes.push(Box::new(NewPeople(vec![person])));
    writes.push(Box::new(settle));
    let writes: Vec<&dyn Write> = writes.iter().map(AsRef::as_ref).collect();
    let by = acting(id, role, correlation);
    commands.execute_with(&by, &follow, &writes).await?;
    Ok(id)
}

/// What makes the account theirs: the token, and the account, new or as it comes back.
fn account_writes<'a>(
    commands: &Commands,
    follower: &'a Follower<'_>,
    id: PersonId,
) -> Vec<Box<dyn Write + 'a>> {
    let role = Role::from(follower.role);
    let spend = Spend {
        purpose: Purpose::Invitation,
        subject: follower.invitee.invitation.as_uuid(),
        token: follower.token.clone(),
    };
    let mut writes: Vec<Box<dyn Write + 'a>> = vec![Box::new(spend)];
    let Some(known) = &follower.known else {
        writes.push(Box::new(NewAccount {
            id,
            email: follower.invitee.email.clone(),
            role,
            password_hash: follower.password_hash.clone(),
            created_at: commands.clock().now(),
        }));
        return writes;
    };
    writes.push(Box::new(Return {
        id,
        role,
        password_hash: &follower.password_hash,
        previous_hash: &known.password_hash,
    }));
    writes.push(Box::new(EndAll(id)));
    writes.push(Box::new(Withdraw {
        purpose: Purpose::PasswordReset,
        subject: id.as_uuid(),
    }));
    writes
}

/// Whoever takes a seat does so themself.
fn acting(id: PersonId, role: Role, correlation: CorrelationId) -> By {
    By {
        actor: Actor { id, role },
        correlation,
    }
}

fn current_school_year(commands: &Commands) -> Result<SchoolYear, StoreError> {
    let today = commands.clock().now().date_naive();
    SchoolYear::containing(today).map_err(|error| StoreError::Damaged {
        stream: "the clock".to_owned(),
        detail: error.to_string(),
    })
}
