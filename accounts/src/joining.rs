//! Taking a seat: in one transaction the events, the account, what proved the address, and the
//! messages that tell others.

use commands::{
    By, CommandError, Commands, Once, Refusal, add_staff::AddStaff,
    follow_invitation::FollowInvitation, register_establishment::RegisterEstablishment,
    register_student::RegisterStudent, take_seat::TakeSeat,
};
use domain::{
    actor::Actor,
    ids::{CorrelationId, InvitationId, PersonId},
    values::{PersonName, Role, SchoolYear, StaffRole},
};
use store::{StoreError, Write};

use crate::{
    TokenHash,
    account::{Known, NewAccount, Return},
    invitee::{self, Invitee},
    person::{self, NewPeople, Person},
    session::{self, EndAll, NewSession},
    sign_in::{Outcome, SignInAttempt},
    sign_up::{self, Discard, SignUp},
    token::{self, Purpose, Spend, Withdraw},
};

/// A sign-up whose address somebody just proved.
pub struct Proven {
    /// What proves it.
    token: TokenHash,
    /// What they said of themself.
    pub sign_up: SignUp,
    /// Given name and family name.
    pub name: Option<(String, String)>,
}

/// The sign-up that this token proves the address of; none when it is worth nothing.
pub async fn proven(commands: &Commands, token: TokenHash) -> Result<Option<Proven>, StoreError> {
    let now = commands.clock().now();
    let mut reader = commands.store().reader().await?;
    let conn = &mut reader.conn();
    let Some(subject) = token::subject(conn, Purpose::Activation, &token, now).await? else {
        return Ok(None);
    };
    let Some(sign_up) = sign_up::get(conn, PersonId::new(subject)).await? else {
        return Ok(None);
    };
    Ok(Some(Proven {
        token,
        sign_up,
        name: person::name(conn, subject).await?,
    }))
}

/// Activates a sign-up with the password that whoever proved its address chose, and signs them in.
///
/// # Errors
///
/// [`Refusal::TokenInvalid`] when the token was used meanwhile, or the rule that refuses the seat: the
/// sign-up then waits on, and its token stays good.
pub async fn activate(
    commands: &Commands,
    correlation: CorrelationId,
    once: Option<Once>,
    proven: Proven,
    password_hash: String,
) -> Result<NewSession, CommandError> {
    let clock = commands.clock();
    let Proven { token, sign_up, .. } = proven;
    let account = NewAccount {
        id: sign_up.id,
        email: sign_up.email.clone(),
        role: sign_up.role,
        password_hash,
        created_at: clock.now(),
    };
    let spend = Spend {
        purpose: Purpose::Activation,
        subject: sign_up.id.as_uuid(),
        token,
    };
    let session = NewSession::new(sign_up.id, clock);
    let attempt = SignInAttempt::new(clock, Some(sign_up.id), Outcome::Succeeded, correlation);
    // The account first: of two links of one address that are followed at once, one waits there for the
    // other, before it holds what the other removes.
    let writes: [&dyn Write; 5] = [
        &account,
        &spend,
        &Discard(&sign_up.email),
        &session,
        &attempt,
    ];
    let by = acting(sign_up.id, sign_up.role, correlation, once);
    match take_seat(commands, &by, &sign_up, &writes).await {
        // Somebody else proved the address meanwhile, or by this very sign-up.
        Err(CommandError::Refused(Refusal::EmailTaken)) => Err(Refusal::TokenInvalid.into()),
        Err(error) => Err(error),
        Ok(account) if once.is_none() || session::is_open(commands, &session).await? => {
            debug_assert_eq!(account, session.account);
            Ok(session)
        }
        Ok(account) => Ok(sign_in(commands, correlation, account).await?),
    }
}

/// Opens a session for somebody whose activation was carried out already, by the same request.
pub async fn sign_in(
    commands: &Commands,
    correlation: CorrelationId,
    account: PersonId,
) -> Result<NewSession, StoreError> {
    let clock = commands.clock();
    let session = NewSession::new(account, clock);
    let attempt = SignInAttempt::new(clock, Some(account), Outcome::Succeeded, correlation);
    commands.store().write(&[&session, &attempt]).await?;
    Ok(session)
}

/// The invitation that waits at the address of a sign-up, in the same establishment.
async fn invitation(
    commands: &Commands,
    sign_up: &SignUp,
) -> Result<Option<InvitationId>, StoreError> {
    let mut reader = commands.store().reader().await?;
    let pending = invitee::pending_at(&mut reader.conn(), &sign_up.email.key()).await?;
    let mut here = pending
        .into_iter()
        .filter(|(establishment, _)| *establishment == sign_up.establishment);
    Ok(here.next().map(|(_, invitation)| invitation))
}

async fn take_seat(
    commands: &Commands,
    by: &By,
    sign_up: &SignUp,
    writes: &[&dyn Write],
) -> Result<PersonId, CommandError> {
    let establishment = sign_up.establishment.clone();
    let school_year = current_school_year(commands)?;
    let waiting = invitation(commands, sign_up).await?;
    let invitation = waiting.map(|invitation| FollowInvitation {
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
            commands.execute_with(by, &seat, writes).await
        }
        (_, Some(role)) => {
            let join = AddStaff {
                establishment,
                staff: sign_up.id,
                role,
            };
            let seat = seat(join, sign_up, invitation);
            commands.execute_with(by, &seat, writes).await
        }
        (Role::Student, None) => register_student(commands, by, sign_up, invitation, writes).await,
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
        person: sign_up.id,
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
) -> Result<PersonId, CommandError> {
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
    pub known: Option<&'a Known>,
}

/// Lets somebody follow an invitation.
///
/// # Errors
///
/// [`Refusal::TokenInvalid`] when it was followed or taken back meanwhile, or the rule that refuses
/// the seat.
pub async fn follow(
    commands: &Commands,
    correlation: CorrelationId,
    once: Option<Once>,
    follower: &Follower<'_>,
) -> Result<(), CommandError> {
    let clock = commands.clock();
    let invitee = follower.invitee;
    let known = follower.known.map(|known| known.account.id);
    let id = known.unwrap_or_else(|| PersonId::new(clock.new_uuid()));
    let role = Role::from(follower.role);
    let follow = FollowInvitation {
        establishment: invitee.establishment.clone(),
        invitation: invitee.invitation,
        person: id,
        school_year: current_school_year(commands)?,
    };
    let mut writes = account_writes(commands, follower, id);
    let person = Person {
        id,
        first_name: follower.first_name.clone(),
        last_name: follower.last_name.clone(),
        birth_date: None,
    };
    writes.push(Box::new(NewPeople(vec![person])));
    writes.push(Box::new(Discard(&invitee.email)));
    let writes: Vec<&dyn Write> = writes.iter().map(AsRef::as_ref).collect();
    let by = acting(id, role, correlation, once);
    commands.execute_with(&by, &follow, &writes).await?;
    Ok(())
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
    let Some(known) = follower.known else {
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
fn acting(id: PersonId, role: Role, correlation: CorrelationId, once: Option<Once>) -> By {
    By {
        actor: Actor { id, role },
        correlation,
        once,
    }
}

fn current_school_year(commands: &Commands) -> Result<SchoolYear, StoreError> {
    let today = commands.clock().now().date_naive();
    SchoolYear::containing(today).map_err(|error| StoreError::Damaged {
        stream: "the clock".to_owned(),
        detail: error.to_string(),
    })
}
