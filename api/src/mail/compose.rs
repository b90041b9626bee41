//! From a row of the outbox to a letter, from what is true when it is sent. The token in it is made
//! here and nowhere kept.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use chrono::{DateTime, Datelike, Timelike, Utc};
use domain::{
    ids::{InvitationId, PersonId},
    values::{EmailAddress, Role, Uai},
};
use lettre::{
    Address, Message as Mail,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use store::{Clock, Conn, Store, StoreError, Write, execute, fetch_optional};
use url::Url;
use uuid::Uuid;

use super::{
    letter::{Letter, Rendered},
    outbox::{self, Message},
};
use crate::accounts::{
    proofs::{self, Purpose},
    sign_ups,
};

/// Why no letter could be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum ComposeError {
    /// The database's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The wording cannot be filled in.
    #[error(transparent)]
    Wording(#[from] askama::Error),
    /// Mail cannot be sent to this address, which is not said here.
    #[error("an address that mail cannot be sent to")]
    Address,
    /// The headers are not complete.
    #[error(transparent)]
    Mail(#[from] lettre::error::Error),
}

/// What every letter shares.
pub(super) struct Composer {
    /// Whom mail is from.
    pub(super) from: Mailbox,
    /// Where people reach the service.
    pub(super) public_url: Url,
}

/// A mail, and whom it is to or names.
pub(super) struct Composed {
    pub(super) mail: Mail,
    /// The ids of the people, sign-ups and invitations it was made from.
    pub(super) about: BTreeSet<String>,
}

/// A letter, and the address it goes to.
struct Addressed {
    to: String,
    letter: Letter,
}

impl Composer {
    /// The mail that this message is at this moment, or none when there is nothing to say any more. What
    /// it says of the database is true when it comes back.
    pub(super) async fn compose(
        &self,
        store: &Store,
        id: Uuid,
        message: &Message,
        clock: &dyn Clock,
    ) -> Result<Option<Composed>, ComposeError> {
        let mut tx = store.begin().await?;
        let mut draft = Draft {
            conn: tx.conn(),
            links: Links(&self.public_url),
            id,
            clock,
            about: BTreeSet::new(),
        };
        let addressed = draft.addressed(message).await?;
        let about = draft.about;
        let mail = addressed
            .map(|addressed| self.mail(id, &addressed, clock.now()))
            .transpose()?;
        tx.commit().await?;
        Ok(mail.map(|mail| Composed { mail, about }))
    }

    fn mail(
        &self,
        id: Uuid,
        addressed: &Addressed,
        now: DateTime<Utc>,
    ) -> Result<Mail, ComposeError> {
        let Rendered {
            subject,
            text,
            html,
        } = addressed.letter.render()?;
        let to: Address = addressed.to.parse().map_err(|_| ComposeError::Address)?;
        Ok(Mail::builder()
            .from(self.from.clone())
            .to(to.into())
            .subject(subject)
            .date(now.into())
            // The same at each attempt: a server that took an earlier one may know it again.
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // RFC 3834, section 5: nobody's absence is told to us.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(text, html))?)
    }
}

/// Whether everybody whom a mail was made from is still there.
///
/// # Errors
///
/// The database's.
pub(super) async fn are_there(store: &Store, about: &BTreeSet<String>) -> Result<bool, StoreError> {
    let mut reader = store.reader().await?;
    for id in about {
        let there = fetch_optional!(
            &mut reader.conn(),
            (String,),
            "SELECT id FROM people WHERE id = $1 UNION ALL \
             SELECT id FROM accounts WHERE id = $1 UNION ALL \
             SELECT id FROM sign_ups WHERE id = $1 UNION ALL \
             SELECT invitation_id FROM invitees WHERE invitation_id = $1 LIMIT 1",
            id,
        )?;
        if there.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The pages that letters lead to.
struct Links<'a>(&'a Url);

impl Links<'_> {
    fn page(&self, page: &str) -> String {
        format!("{}/{page}", self.0.as_str().trim_end_matches('/'))
    }
}

/// A letter in the making, in a transaction.
struct Draft<'a> {
    conn: Conn<'a>,
    links: Links<'a>,
    /// The message's.
    id: Uuid,
    clock: &'a dyn Clock,
    /// Those whose address or name was read so far.
    about: BTreeSet<String>,
}

impl Draft<'_> {
    async fn addressed(&mut self, message: &Message) -> Result<Option<Addressed>, StoreError> {
        match message {
            Message::SignUp { sign_up } => self.sign_up(*sign_up).await,
            Message::ActivationAgain { email } => self.activation_again(email).await,
            Message::PasswordReset { email } => self.password_reset(email).await,
            Message::Invitation { invitation } => self.invitation(*invitation).await,
            Message::StaffJoined {
                establishment,
                staff,
            } => self.staff_joined(establishment, *staff).await,
            Message::HeadActivated {
                establishment,
                head,
            } => self.head_activated(establishment, *head).await,
            Message::StudentRejected {
                student,
                establishment,
            } => self.student_rejected(establishment, *student).await,
        }
    }

    async fn sign_up(&mut self, sign_up: PersonId) -> Result<Option<Addressed>, StoreError> {
        let Some(sign_up) = self.waiting_sign_up(&sign_up.to_string()).await? else {
            return Ok(None);
        };
        let newest = self.newest_sign_up(&sign_up.email_key).await?;
        let superseded = newest.as_deref() != Some(&sign_up.id);
        if !superseded {
            while let Some(older) = self.older_sign_up(&sign_up).await? {
                self.forget_sign_up(&older).await?;
            }
        }
        if let Some(account) = self.account_at(&sign_up.email_key).await? {
            sign_ups::strip(&mut self.conn, &sign_up.email_key).await?;
            // Another attempt must still find out what to say.
            execute!(
                &mut self.conn,
                "UPDATE outbox SET kind = $2, email = $3, subject = NULL WHERE id = $1",
                self.id.to_string(),
                outbox::ACTIVATION_AGAIN,
                &account.email,
            )?;
            return Ok(Some(self.address_known(account)));
        }
        if superseded {
            return Ok(None);
        }
        self.activation(sign_up).await
    }

    async fn activation_again(
        &mut self,
        email: &EmailAddress,
    ) -> Result<Option<Addressed>, StoreError> {
        if self
            .newer_waits(outbox::ACTIVATION_AGAIN, email.key())
            .await?
        {
            return Ok(None);
        }
        if let Some(account) = self.account_at(&email.key()).await? {
            return Ok(Some(self.address_known(account)));
        }
        self.activation_of_newest(email).await
    }

    async fn password_reset(
        &mut self,
        email: &EmailAddress,
    ) -> Result<Option<Addressed>, StoreError> {
        if self
            .newer_waits(outbox::PASSWORD_RESET, email.key())
            .await?
        {
            return Ok(None);
        }
        let Some(account) = self.account_at(&email.key()).await? else {
            return self.activation_of_newest(email).await;
        };
        execute!(
            &mut self.conn,
            "UPDATE accounts SET email = email WHERE id = $1",
            &account.id,
        )?;
        let Some(token) = self.token(Purpose::PasswordReset, &account.id).await? else {
            return Ok(None);
        };
        Ok(Some(Addressed {
            letter: Letter::PasswordReset {
                name: self.name(&account.id).await?,
                link: self.links.page(&format!("mot-de-passe?token={token}")),
            },
            to: account.email,
        }))
    }

    async fn activation_of_newest(
        &mut self,
        email: &EmailAddress,
    ) -> Result<Option<Addressed>, StoreError> {
        let Some(newest) = self.newest_sign_up(&email.key()).await? else {
            return Ok(None);
        };
        let Some(sign_up) = self.waiting_sign_up(&newest).await? else {
            return Ok(None);
        };
        self.activation(sign_up).await
    }

    async fn activation(&mut self, sign_up: SignUp) -> Result<Option<Addressed>, StoreError> {
        let role = parse("sign_ups", &sign_up.role)?;
        let Some(token) = self.token(Purpose::Activation, &sign_up.id).await? else {
            return Ok(None);
        };
        Ok(Some(Addressed {
            letter: Letter::Activation {
                role,
                establishment: self.establishment(&sign_up.establishment).await?.shown,
                at: instant(sign_up.created_at),
                link: self.links.page(&format!("activation?token={token}")),
            },
            to: sign_up.email,
        }))
    }

    fn address_known(&mut self, account: Account) -> Addressed {
        self.about.insert(account.id);
        Addressed {
            to: account.email,
            letter: Letter::AddressKnown {
                student: account.role == Role::Student.as_str(),
                link: self.sign_in(),
            },
        }
    }

    async fn invitation(
        &mut self,
        invitation: InvitationId,
    ) -> Result<Option<Addressed>, StoreError> {
        let id = invitation.to_string();
        if self.newer_waits(outbox::INVITATION, id.clone()).await? {
            return Ok(None);
        }
        execute!(
            &mut self.conn,
            "UPDATE invitees SET email = email WHERE invitation_id = $1",
            &id,
        )?;
        let pending = fetch_optional!(
            &mut self.conn,
            Invitation,
            "SELECT t.email, i.establishment, i.role, c.name AS class \
             FROM invitees t JOIN invitations i ON i.id = t.invitation_id \
                  LEFT JOIN classes c ON c.id = i.class_id \
             WHERE t.invitation_id = $1 AND t.expires_at > $2",
            &id,
            self.clock.now(),
        )?;
        let Some(pending) = pending else {
            return Ok(None);
        };
        let Some(token) = self.token(Purpose::Invitation, &id).await? else {
            return Ok(None);
        };
        let establishment = self.establishment(&pending.establishment).await?;
        let name = self.name(&id).await?;
        let link = self.links.page(&format!("inscription?invitation={token}"));
        let role: Role = parse("invitations", &pending.role)?;
        let letter = if role == Role::Head {
            Letter::HeadInvitation {
                name,
                takes_over: establishment.head.is_some(),
                establishment: establishment.shown,
                link,
            }
        } else {
            Letter::StaffInvitation {
                name,
                inviter: self.optional_name(establishment.head.as_deref()).await?,
                role,
                establishment: establishment.shown,
                class: pending.class,
                link,
            }
        };
        Ok(Some(Addressed {
            to: pending.email,
            letter,
        }))
    }

    async fn staff_joined(
        &mut self,
        uai: &Uai,
        staff: PersonId,
    ) -> Result<Option<Addressed>, StoreError> {
        let establishment = self.establishment(uai.as_str()).await?;
        let staff = staff.to_string();
        let Some(head) = establishment.head.filter(|head| *head != staff) else {
            return Ok(None);
        };
        let Some(to) = self.address_of(&head).await? else {
            return Ok(None);
        };
        let joined = fetch_optional!(
            &mut self.conn,
            (String, DateTime<Utc>),
            "SELECT role, joined_at FROM staff WHERE staff_id = $1 AND establishment = $2",
            &staff,
            uai.as_str(),
        )?;
        let Some((role, since)) = joined else {
            return Ok(None);
        };
        Ok(Some(Addressed {
            to,
            letter: Letter::StaffJoined {
                name: self.name(&head).await?,
                staff: self.name(&staff).await?,
                role: parse("staff", &role)?,
                establishment: establishment.shown,
                since: instant(since),
                link: self.sign_in(),
            },
        }))
    }

    async fn head_activated(
        &mut self,
        uai: &Uai,
        head: PersonId,
    ) -> Result<Option<Addressed>, StoreError> {
        let establishment = self.establishment(uai.as_str()).await?;
        let head = head.to_string();
        let Some(to) = establishment.mailbox else {
            return Ok(None);
        };
        if establishment.head.as_ref() != Some(&head) {
            return Ok(None);
        }
        Ok(Some(Addressed {
            to,
            letter: Letter::HeadActivated {
                head: self.name(&head).await?,
                establishment: establishment.shown,
            },
        }))
    }

    async fn student_rejected(
        &mut self,
        uai: &Uai,
        student: PersonId,
    ) -> Result<Option<Addressed>, StoreError> {
        let student = student.to_string();
        let Some(to) = self.address_of(&student).await? else {
            return Ok(None);
        };
        Ok(Some(Addressed {
            to,
            letter: Letter::StudentRejected {
                name: self.name(&student).await?,
                establishment: self.establishment(uai.as_str()).await?.shown,
                link: self.sign_in(),
            },
        }))
    }

    /// A token for this message, unless a newer message has one already: what people got last must work.
    /// An id has tokens of one purpose at a time, as an account takes the id of the sign-up it ends.
    ///
    /// Two workers at once would each miss the other's: whoever calls this has written to the subject's
    /// row before.
    async fn token(
        &mut self,
        purpose: Purpose,
        subject: &str,
    ) -> Result<Option<String>, StoreError> {
        let newer = fetch_optional!(
            &mut self.conn,
            (String,),
            "SELECT message_id FROM tokens WHERE subject = $1 AND message_id > $2 LIMIT 1",
            subject,
            self.id.to_string(),
        )?;
        if newer.is_some() {
            return Ok(None);
        }
        self.about.insert(subject.to_owned());
        let subject = parse("outbox", subject)?;
        let token = proofs::issue(&mut self.conn, purpose, subject, self.id, self.clock).await?;
        Ok(Some(token.expose().to_owned()))
    }

    /// Whether the same waits to be sent again, asked for since; `of` is the address or the subject.
    async fn newer_waits(&mut self, kind: &str, of: String) -> Result<bool, StoreError> {
        let newer = fetch_optional!(
            &mut self.conn,
            (String,),
            "SELECT id FROM outbox WHERE kind = $1 AND (LOWER(email) = $2 OR subject = $2) \
                 AND id > $3 AND given_up_at IS NULL LIMIT 1",
            kind,
            of,
            self.id.to_string(),
        )?;
        Ok(newer.is_some())
    }

    /// A sign-up that waits for its proof, kept from changing until the transaction ends.
    async fn waiting_sign_up(&mut self, id: &str) -> Result<Option<SignUp>, StoreError> {
        execute!(
            &mut self.conn,
            "UPDATE sign_ups SET email = email WHERE id = $1",
            id,
        )?;
        fetch_optional!(
            &mut self.conn,
            SignUp,
            "SELECT id, email, email_key, role, establishment, created_at FROM sign_ups WHERE id = $1",
            id,
        )
    }

    async fn newest_sign_up(&mut self, email_key: &str) -> Result<Option<String>, StoreError> {
        let row = fetch_optional!(
            &mut self.conn,
            (String,),
            "SELECT id FROM sign_ups WHERE email_key = $1 ORDER BY id DESC LIMIT 1",
            email_key,
        )?;
        Ok(row.map(|(id,)| id))
    }

    async fn older_sign_up(&mut self, newest: &SignUp) -> Result<Option<String>, StoreError> {
        let row = fetch_optional!(
            &mut self.conn,
            (String,),
            "SELECT id FROM sign_ups WHERE email_key = $1 AND id < $2 ORDER BY id LIMIT 1",
            &newest.email_key,
            &newest.id,
        )?;
        Ok(row.map(|(id,)| id))
    }

    async fn forget_sign_up(&mut self, id: &str) -> Result<(), StoreError> {
        let tokens = proofs::Withdraw {
            purpose: Purpose::Activation,
            subject: parse("sign_ups", id)?,
        };
        tokens.write(&mut self.conn).await?;
        for sql in [
            "DELETE FROM sign_ups WHERE id = $1",
            "DELETE FROM people WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = $1)",
        ] {
            execute!(&mut self.conn, sql, id)?;
        }
        Ok(())
    }

    async fn account_at(&mut self, email_key: &str) -> Result<Option<Account>, StoreError> {
        fetch_optional!(
            &mut self.conn,
            Account,
            "SELECT id, email, role FROM accounts WHERE email_key = $1",
            email_key,
        )
    }

    async fn address_of(&mut self, person: &str) -> Result<Option<String>, StoreError> {
        let row = fetch_optional!(
            &mut self.conn,
            (String,),
            "SELECT email FROM accounts WHERE id = $1",
            person,
        )?;
        self.about.extend(row.iter().map(|_| person.to_owned()));
        Ok(row.map(|(email,)| email))
    }

    /// Given name and family name; none once erased.
    async fn name(&mut self, person: &str) -> Result<Option<String>, StoreError> {
        let row = fetch_optional!(
            &mut self.conn,
            (String, String),
            "SELECT first_name, last_name FROM people WHERE id = $1",
            person,
        )?;
        self.about.extend(row.iter().map(|_| person.to_owned()));
        Ok(row.map(|(first_name, last_name)| format!("{first_name} {last_name}")))
    }

    async fn optional_name(&mut self, person: Option<&str>) -> Result<Option<String>, StoreError> {
        match person {
            Some(person) => self.name(person).await,
            None => Ok(None),
        }
    }

    async fn establishment(&mut self, uai: &str) -> Result<Establishment, StoreError> {
        let row = fetch_optional!(
            &mut self.conn,
            (String, String, Option<String>, Option<String>),
            "SELECT name, city, head, mailbox FROM directory WHERE uai = $1",
            uai,
        )?;
        Ok(match row {
            Some((name, city, head, mailbox)) => Establishment {
                shown: format!("{name}, {city} ({uai})"),
                head,
                mailbox,
            },
            None => Establishment {
                shown: uai.to_owned(),
                head: None,
                mailbox: None,
            },
        })
    }

    fn sign_in(&self) -> String {
        self.links.page("connexion")
    }
}

#[derive(sqlx::FromRow)]
struct SignUp {
    id: String,
    email: String,
    email_key: String,
    role: String,
    establishment: String,
    created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Account {
    id: String,
    email: String,
    role: String,
}

#[derive(sqlx::FromRow)]
struct Invitation {
    email: String,
    establishment: String,
    role: String,
    class: Option<String>,
}

struct Establishment {
    /// How letters name it.
    shown: String,
    head: Option<String>,
    mailbox: Option<String>,
}

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// An instant as people read it. In UTC, and saying so: schools are on both sides of the globe.
fn instant(at: DateTime<Utc>) -> String {
    let day = match at.day() {
        1 => "1er".to_owned(),
        day => day.to_string(),
    };
    let month = MONTHS.get(at.month0() as usize).copied().unwrap_or("");
    let (year, hour, minute) = (at.year(), at.hour(), at.minute());
    format!("{day} {month} {year} à {hour} h {minute:02} (UTC)")
}

/// Reads a value that the program itself wrote.
fn parse<T: FromStr<Err: Display>>(table: &str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error: T::Err| StoreError::Damaged {
        stream: format!("table {table}"),
        detail: error.to_string(),
    })
}
