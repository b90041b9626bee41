//! From a row of the outbox to a letter, from what is true when it is sent. The token in it is made
//! then and nowhere kept.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Datelike, Timelike, Utc};
use domain::{
    ids::{InvitationId, PersonId},
    values::{EmailAddress, Role, StaffRole, Uai},
};
use lettre::{
    Address, Message as Mail,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use store::{Clock, Conn, Store, StoreError, fetch_optional};
use url::Url;
use uuid::Uuid;

use crate::{
    letter::{Letter, Rendered},
    outbox::{self, Message},
    who_is_who::{Due, Proof, WhoIsWho},
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
    pub(super) people: Arc<dyn WhoIsWho>,
}

/// A mail, and whom it is to or names.
pub(super) struct Composed {
    pub(super) mail: Mail,
    /// The ids of the people, sign-ups and invitations it was made from.
    pub(super) about: BTreeSet<Uuid>,
}

/// A letter, and the address it goes to.
struct Addressed {
    to: EmailAddress,
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
            people: &*self.people,
            links: Links(&self.public_url),
            proof: Proof { message: id, clock },
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
        let to: Address = addressed
            .to
            .as_str()
            .parse()
            .map_err(|_| ComposeError::Address)?;
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

impl Composer {
    /// Whether everybody whom a mail was made from is still there.
    ///
    /// # Errors
    ///
    /// The database's.
    pub(super) async fn are_there(
        &self,
        store: &Store,
        about: &BTreeSet<Uuid>,
    ) -> Result<bool, StoreError> {
        let mut reader = store.reader().await?;
        for id in about {
            if !self.people.is_there(&mut reader.conn(), *id).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
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
    people: &'a dyn WhoIsWho,
    links: Links<'a>,
    proof: Proof<'a>,
    /// Those whose address or name was read so far.
    about: BTreeSet<Uuid>,
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
        let due = self.people.signed_up(&mut self.conn, sign_up, self.proof);
        let due = due.await?;
        if let Some(Due::AddressKnown { email, .. }) = &due {
            // Another attempt must still find out what to say, once the sign-up is gone.
            outbox::turn_into_activation_again(&mut self.conn, self.proof.message, email).await?;
        }
        self.about_account(due).await
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
        let asked = self
            .people
            .asked_to_activate(&mut self.conn, email, self.proof);
        let due = asked.await?;
        self.about_account(due).await
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
        let asked = self
            .people
            .asked_for_password(&mut self.conn, email, self.proof);
        let due = asked.await?;
        self.about_account(due).await
    }

    async fn about_account(&mut self, due: Option<Due>) -> Result<Option<Addressed>, StoreError> {
        let Some(due) = due else {
            return Ok(None);
        };
        let (to, letter) = match due {
            Due::Activation {
                id,
                email,
                role,
                establishment,
                asked_at,
                token,
            } => {
                self.about.insert(id.as_uuid());
                let letter = Letter::Activation {
                    role,
                    establishment: self.establishment(&establishment).await?.shown,
                    at: instant(asked_at),
                    link: self.links.page(&format!("activation?token={token}")),
                };
                (email, letter)
            }
            Due::AddressKnown { id, email, role } => {
                self.about.insert(id.as_uuid());
                let letter = Letter::AddressKnown {
                    student: role == Role::Student,
                    link: self.sign_in(),
                };
                (email, letter)
            }
            Due::PasswordReset { id, email, token } => {
                self.about.insert(id.as_uuid());
                let letter = Letter::PasswordReset {
                    name: self.name(id.as_uuid()).await?,
                    link: self.links.page(&format!("mot-de-passe?token={token}")),
                };
                (email, letter)
            }
        };
        Ok(Some(Addressed { to, letter }))
    }

    async fn invitation(
        &mut self,
        invitation: InvitationId,
    ) -> Result<Option<Addressed>, StoreError> {
        if self
            .newer_waits(outbox::INVITATION, invitation.to_string())
            .await?
        {
            return Ok(None);
        }
        let invited = self.people.invited(&mut self.conn, invitation, self.proof);
        let Some((to, token)) = invited.await? else {
            return Ok(None);
        };
        let pending = fetch_optional!(
            &mut self.conn,
            Invitation,
            "SELECT i.establishment, i.role, c.name AS class \
             FROM invitations i LEFT JOIN classes c ON c.id = i.class_id WHERE i.id = $1",
            invitation.to_string(),
        )?;
        let Some(pending) = pending else {
            return Ok(None);
        };
        self.about.insert(invitation.as_uuid());
        let uai = parse("invitations", &pending.establishment)?;
        let establishment = self.establishment(&uai).await?;
        let name = self.name(invitation.as_uuid()).await?;
        let link = self.links.page(&format!("inscription?invitation={token}"));
        let role: StaffRole = parse("invitations", &pending.role)?;
        let letter = if role == StaffRole::Head {
            Letter::HeadInvitation {
                name,
                takes_over: establishment.head.is_some(),
                establishment: establishment.shown,
                link,
            }
        } else {
            Letter::StaffInvitation {
                name,
                inviter: self.name_of_head(&establishment).await?,
                role: role.into(),
                establishment: establishment.shown,
                class: pending.class,
                link,
            }
        };
        Ok(Some(Addressed { to, letter }))
    }

    async fn staff_joined(
        &mut self,
        uai: &Uai,
        staff: PersonId,
    ) -> Result<Option<Addressed>, StoreError> {
        let establishment = self.establishment(uai).await?;
        let Some(head) = establishment.head.filter(|head| *head != staff) else {
            return Ok(None);
        };
        let Some(to) = self.address_of(head).await? else {
            return Ok(None);
        };
        let joined = fetch_optional!(
            &mut self.conn,
            (String, DateTime<Utc>),
            "SELECT role, joined_at FROM staff WHERE staff_id = $1 AND establishment = $2",
            staff.to_string(),
            uai.as_str(),
        )?;
        let Some((role, since)) = joined else {
            return Ok(None);
        };
        Ok(Some(Addressed {
            to,
            letter: Letter::StaffJoined {
                name: self.name(head.as_uuid()).await?,
                staff: self.name(staff.as_uuid()).await?,
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
        let establishment = self.establishment(uai).await?;
        let Some(to) = establishment.mailbox else {
            return Ok(None);
        };
        if establishment.head != Some(head) {
            return Ok(None);
        }
        Ok(Some(Addressed {
            to,
            letter: Letter::HeadActivated {
                head: self.name(head.as_uuid()).await?,
                establishment: establishment.shown,
            },
        }))
    }

    async fn student_rejected(
        &mut self,
        uai: &Uai,
        student: PersonId,
    ) -> Result<Option<Addressed>, StoreError> {
        let Some(to) = self.address_of(student).await? else {
            return Ok(None);
        };
        Ok(Some(Addressed {
            to,
            letter: Letter::StudentRejected {
                name: self.name(student.as_uuid()).await?,
                establishment: self.establishment(uai).await?.shown,
                link: self.sign_in(),
            },
        }))
    }

    /// Whether the same waits to be sent again, asked for since; `of` is the address or the subject.
    async fn newer_waits(&mut self, kind: &str, of: String) -> Result<bool, StoreError> {
        outbox::newer_waits(&mut self.conn, kind, of, self.proof.message).await
    }

    async fn address_of(&mut self, person: PersonId) -> Result<Option<EmailAddress>, StoreError> {
        let address = self.people.address(&mut self.conn, person).await?;
        if address.is_some() {
            self.about.insert(person.as_uuid());
        }
        Ok(address)
    }

    /// Given name and family name; none once erased.
    async fn name(&mut self, id: Uuid) -> Result<Option<String>, StoreError> {
        let name = self.people.name(&mut self.conn, id).await?;
        if name.is_some() {
            self.about.insert(id);
        }
        Ok(name)
    }

    async fn name_of_head(
        &mut self,
        establishment: &Establishment,
    ) -> Result<Option<String>, StoreError> {
        match establishment.head {
            Some(head) => self.name(head.as_uuid()).await,
            None => Ok(None),
        }
    }

    async fn establishment(&mut self, uai: &Uai) -> Result<Establishment, StoreError> {
        let row = fetch_optional!(
            &mut self.conn,
            (String, String, Option<String>, Option<String>),
            "SELECT name, city, head, mailbox FROM directory WHERE uai = $1",
            uai.as_str(),
        )?;
        let Some((name, city, head, mailbox)) = row else {
            return Ok(Establishment {
                shown: uai.to_string(),
                head: None,
                mailbox: None,
            });
        };
        let head = head.map(|head| parse("directory", &head)).transpose()?;
        let mailbox = mailbox.map(|mailbox| parse("directory", &mailbox));
        Ok(Establishment {
            shown: format!("{name}, {city} ({uai})"),
            head,
            mailbox: mailbox.transpose()?,
        })
    }

    fn sign_in(&self) -> String {
        self.links.page("connexion")
    }
}

#[derive(sqlx::FromRow)]
struct Invitation {
    establishment: String,
    role: String,
    class: Option<String>,
}

struct Establishment {
    /// How letters name it.
    shown: String,
    head: Option<PersonId>,
    mailbox: Option<EmailAddress>,
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
fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    table: &str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse().map_err(|error: T::Err| StoreError::Damaged {
        stream: format!("table {table}"),
        detail: error.to_string(),
    })
}
