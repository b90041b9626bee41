//! Who gave a command, and what every event remembers of it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{CommandId, CorrelationId, PersonId};
use crate::values::Role;

/// Somebody who acts, in the role they act in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account; the nil UUID for the system itself.
    pub id: PersonId,
    /// The role at the time of the action.
    pub role: Role,
}

impl Actor {
    /// The command line: what an operator of the service runs has no account.
    #[must_use]
    pub const fn system() -> Self {
        Self {
            id: PersonId::new(Uuid::nil()),
            role: Role::System,
        }
    }
}

/// What goes with every event: ids and a role, never personal data.
///
/// Its JSON is a flat object of strings, which is what `cqrs-es` can read; keys it does not know are
/// ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Flat", from = "Flat")]
pub struct Metadata {
    pub command: CommandId,
    /// The request or run which that command was part of.
    pub correlation: CorrelationId,
    pub actor: Actor,
}

#[derive(Serialize, Deserialize)]
struct Flat {
    command_id: CommandId,
    correlation_id: CorrelationId,
    actor_id: PersonId,
    actor_role: Role,
}

impl From<Metadata> for Flat {
    fn from(metadata: Metadata) -> Self {
        Self {
            command_id: metadata.command,
            correlation_id: metadata.correlation,
            actor_id: metadata.actor.id,
            actor_role: metadata.actor.role,
        }
    }
}

impl From<Flat> for Metadata {
    fn from(flat: Flat) -> Self {
        Self {
            command: flat.command_id,
            correlation: flat.correlation_id,
            actor: Actor {
                id: flat.actor_id,
                role: flat.actor_role,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The audit trail answers "who did this?" from these four keys alone, years later. They must
    /// come back as written, and a damaged one must be noticed rather than shown as somebody else.
    #[test]
    fn metadata_come_back_as_written_or_not_at_all() {
        let metadata = Metadata {
            command: CommandId::new(Uuid::from_u128(1)),
            correlation: CorrelationId::new(Uuid::from_u128(2)),
            actor: Actor {
                id: PersonId::new(Uuid::from_u128(3)),
                role: Role::MainTeacher,
            },
        };
        let text = serde_json::to_string(&metadata).unwrap();
        assert_eq!(serde_json::from_str::<Metadata>(&text).unwrap(), metadata);

        let mut map: HashMap<String, String> = serde_json::from_str(&text).unwrap();
        assert_eq!(map["actor_role"], "main_teacher");
        map.insert("actor_role".to_owned(), "wizard".to_owned());
        assert!(read(&map).is_err());
        map.insert("actor_role".to_owned(), "head".to_owned());
        assert!(read(&map).is_ok());
        map.remove("command_id");
        assert!(read(&map).is_err());
    }

    fn read(map: &HashMap<String, String>) -> Result<Metadata, serde_json::Error> {
        serde_json::from_value(serde_json::to_value(map)?)
    }
}
