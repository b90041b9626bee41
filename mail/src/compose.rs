//! From a row of the outbox to a mail, from what is true when it is sent. The token in it is made then and
//! nowhere kept.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message as Mail,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use store::{Clock, Store};
use url::Url;
use uuid::Uuid;

use crate::{
    draft::Draft,
    letters::{self, Letter, MakeError},
    message::NotAMessage,
    outbox::Waiting,
    who_is_who::{Proof, WhoIsWho},
};

pub(crate) struct Composer {
    pub(crate) from: Mailbox,
    /// Where people reach the service.
    pub(crate) public_url: Url,
    pub(crate) people: Arc<dyn WhoIsWho>,
}

/// A mail, and whom it is to or names.
pub(crate) struct Composed {
    pub(crate) mail: Mail,
    /// The ids of the people, sign-ups and invitations it was made from.
    pub(crate) about: BTreeSet<Uuid>,
}

impl Composer {
    /// The mail that a waiting message is at this moment, or none when there is nothing to say any more. What
    /// it says of the database is true when it comes back.
    pub(crate) async fn compose(
        &self,
        store: &Store,
        waiting: &Waiting,
        clock: &dyn Clock,
    ) -> Result<Option<Composed>, MakeError> {
        let kind = letters::kind(&waiting.kind).ok_or(NotAMessage)?;
        let (id, message) = waiting.message(kind.name)?;
        let mut tx = store.begin().await?;
        let mut draft = Draft {
            conn: tx.conn(),
            people: &*self.people,
            proof: Proof { message: id, clock },
            public_url: &self.public_url,
            about: BTreeSet::new(),
        };
        let letter = (kind.make)(&mut draft, &message).await?;
        let about = draft.about;
        let mail = letter
            .map(|letter| self.mail(id, letter, clock.now()))
            .transpose()?;
        tx.commit().await?;
        Ok(mail.map(|mail| Composed { mail, about }))
    }

    fn mail(&self, id: Uuid, letter: Letter, now: DateTime<Utc>) -> Result<Mail, MakeError> {
        let to: Address = letter.to.as_str().parse().map_err(|_| MakeError::Address)?;
        Ok(Mail::builder()
            .from(self.from.clone())
            .to(to.into())
            .subject(letter.subject)
            .date(now.into())
            // The same at each attempt: a server that took an earlier one may know it again.
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // RFC 3834, section 5: nobody's absence is told to us.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))?)
    }
}
