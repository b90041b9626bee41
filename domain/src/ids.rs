//! Typed identifiers: a class is never mistaken for a pupil. All are UUIDs, made by the caller.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier that this UUID stands for.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for what binds or prints one.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = uuid::Error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    };
}

id!(
    /// A class of an establishment, in one school year.
    ClassId
);
id!(
    /// The holder of an account (staff or administrator), and the actor of an event.
    PersonId
);
id!(
    /// A pupil. The pupil's account, stream and row of personal data share this UUID.
    StudentId
);
id!(
    /// An invitation to join an establishment's staff.
    InvitationId
);
id!(
    /// One command given by somebody: every event it caused carries it.
    CommandId
);
id!(
    /// What ties together the commands of one request or run.
    CorrelationId
);

impl From<StudentId> for PersonId {
    fn from(student: StudentId) -> Self {
        Self(student.0)
    }
}

impl From<PersonId> for StudentId {
    fn from(person: PersonId) -> Self {
        Self(person.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids travel in URLs, in JSON and in event metadata. If one of those forms were different,
    /// or a pupil's id changed on its way to the account and back, history would lose its subject.
    #[test]
    fn an_id_keeps_its_uuid_in_every_form() {
        let text = "0190a5b2-7c00-7000-8000-000000000001";
        let student: StudentId = text.parse().unwrap();

        assert_eq!(student.to_string(), text);
        assert_eq!(
            serde_json::to_string(&student).unwrap(),
            format!("\"{text}\"")
        );
        assert_eq!(StudentId::from(PersonId::from(student)), student);
        assert!("not-a-uuid".parse::<ClassId>().is_err());
    }
}
