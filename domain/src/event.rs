//! Any event of the log, whichever aggregate it belongs to, and its way to JSON text and back.

use std::str::FromStr;
use std::sync::LazyLock;

use cqrs_es::Aggregate;
use cqrs_es::persist::{EventUpcaster, SemanticVersion, SerializedEvent};
use serde::Serialize;
use serde_json::Value;

use crate::class::{Class, ClassEvent};
use crate::establishment::{Establishment, EstablishmentEvent};
use crate::student::{Student, StudentEvent};
use crate::upcast;

/// One event of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Event {
    Establishment(EstablishmentEvent),
    Class(ClassEvent),
    Student(StudentEvent),
}

/// A row of the log is not an event that this program knows.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("unknown aggregate type {0:?}")]
    UnknownAggregate(String),
    /// The aggregate has no such event: a newer program wrote it.
    #[error("unknown event {event_type:?} of aggregate {aggregate_type:?}")]
    UnknownEvent {
        aggregate_type: String,
        event_type: String,
    },
    /// The event has another version than the present one, and no upcaster brings it there.
    #[error("event {event_type} has version {version:?}, this program knows {known}")]
    UnknownVersion {
        event_type: String,
        /// The version as recorded, or as the last upcaster left it.
        version: String,
        known: &'static str,
    },
    /// The payload is not JSON, or not of this event's shape.
    #[error("payload of event {event_type}: {source}")]
    Payload {
        event_type: String,
        source: serde_json::Error,
    },
    /// The payload is another event than its row says.
    #[error("an event recorded as {recorded} holds {found}")]
    Mismatch {
        recorded: String,
        found: &'static str,
    },
}

impl Event {
    /// The type of the aggregate whose stream this event belongs to.
    #[must_use]
    pub const fn aggregate_type(&self) -> &'static str {
        match self {
            Self::Establishment(_) => Establishment::TYPE,
            Self::Class(_) => Class::TYPE,
            Self::Student(_) => Student::TYPE,
        }
    }

    /// What happened, as the log records it: the variant's name.
    #[must_use]
    pub const fn event_type(&self) -> &'static str {
        self.kind().0
    }

    /// The version of the shape that [`Event::payload`] writes.
    #[must_use]
    pub const fn event_version(&self) -> &'static str {
        self.kind().1
    }

    /// The type of every event there is.
    pub fn types() -> impl Iterator<Item = &'static str> {
        [
            EstablishmentEvent::KINDS,
            ClassEvent::KINDS,
            StudentEvent::KINDS,
        ]
        .into_iter()
        .flatten()
        .map(|(event_type, _)| *event_type)
    }

    const fn kind(&self) -> (&'static str, &'static str) {
        match self {
            Self::Establishment(event) => event.kind(),
            Self::Class(event) => event.kind(),
            Self::Student(event) => event.kind(),
        }
    }

    /// The JSON text that goes in the log.
    pub fn payload(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// What the event says, without its type.
    pub fn data(&self) -> Result<Value, serde_json::Error> {
        let tagged = serde_json::to_value(self)?;
        let only = tagged.as_object().and_then(|tagged| tagged.values().next());
        Ok(only.cloned().unwrap_or_default())
    }

    /// Reads one row of the log, whatever version of the program wrote it.
    pub fn decode(
        aggregate_type: &str,
        event_type: &str,
        event_version: &str,
        payload: &str,
    ) -> Result<Self, DecodeError> {
        static UPCASTERS: LazyLock<Vec<Box<dyn EventUpcaster>>> = LazyLock::new(upcast::upcasters);
        Self::decode_with(
            &UPCASTERS,
            aggregate_type,
            event_type,
            event_version,
            payload,
        )
    }

    fn decode_with(
        upcasters: &[Box<dyn EventUpcaster>],
        aggregate_type: &str,
        event_type: &str,
        event_version: &str,
        payload: &str,
    ) -> Result<Self, DecodeError> {
        if upcasters
            .iter()
            .any(|upcaster| upcaster.can_upcast(event_type, event_version))
        {
            let old = old_event(aggregate_type, event_type, event_version, payload)?;
            let present = upcasters.iter().fold(old, |event, upcaster| {
                if upcaster.can_upcast(&event.event_type, &event.event_version) {
                    upcaster.upcast(event)
                } else {
                    event
                }
            });
            return Self::decode_present(
                aggregate_type,
                &present.event_type,
                &present.event_version,
                &present.payload.to_string(),
            );
        }
        Self::decode_present(aggregate_type, event_type, event_version, payload)
    }

    /// Straight from the text: no intermediate [`Value`], since reading the log fast matters.
    fn decode_present(
        aggregate_type: &str,
        event_type: &str,
        version: &str,
        payload: &str,
    ) -> Result<Self, DecodeError> {
        let event = match aggregate_type {
            Establishment::TYPE => {
                check_kind::<Establishment>(EstablishmentEvent::KINDS, event_type, version)?;
                Self::Establishment(parse(event_type, payload)?)
            }
            Class::TYPE => {
                check_kind::<Class>(ClassEvent::KINDS, event_type, version)?;
                Self::Class(parse(event_type, payload)?)
            }
            Student::TYPE => {
                check_kind::<Student>(StudentEvent::KINDS, event_type, version)?;
                Self::Student(parse(event_type, payload)?)
            }
            other => return Err(DecodeError::UnknownAggregate(other.to_owned())),
        };
        if event.event_type() == event_type {
            Ok(event)
        } else {
            Err(DecodeError::Mismatch {
                recorded: event_type.to_owned(),
                found: event.event_type(),
            })
        }
    }
}

/// The form that upcasters work on. They see type, version and payload: what else `cqrs-es` puts
/// in it says where the event stands, not what it is.
fn old_event(
    aggregate_type: &str,
    event_type: &str,
    event_version: &str,
    payload: &str,
) -> Result<SerializedEvent, DecodeError> {
    Ok(SerializedEvent::new(
        String::new(),
        0,
        aggregate_type.to_owned(),
        event_type.to_owned(),
        event_version.to_owned(),
        parse(event_type, payload)?,
        Value::Null,
    ))
}

fn parse<T: serde::de::DeserializeOwned>(
    event_type: &str,
    payload: &str,
) -> Result<T, DecodeError> {
    serde_json::from_str(payload).map_err(|source| DecodeError::Payload {
        event_type: event_type.to_owned(),
        source,
    })
}

fn check_kind<A: Aggregate>(
    kinds: &[(&'static str, &'static str)],
    event_type: &str,
    version: &str,
) -> Result<(), DecodeError> {
    let Some(&(_, known)) = kinds.iter().find(|(name, _)| *name == event_type) else {
        return Err(DecodeError::UnknownEvent {
            aggregate_type: A::TYPE.to_owned(),
            event_type: event_type.to_owned(),
        });
    };
    if same_version(version, known) {
        return Ok(());
    }
    Err(DecodeError::UnknownVersion {
        event_type: event_type.to_owned(),
        version: version.to_owned(),
        known,
    })
}

/// "1.0" and the "1.0.0" that upcasters of `cqrs-es` write are one version.
fn same_version(version: &str, known: &str) -> bool {
    version == known
        || matches!(
            (SemanticVersion::from_str(version), SemanticVersion::from_str(known)),
            (Ok(version), Ok(known)) if version == known
        )
}

/// An event of one aggregate is an event of the log, and the other way round when it is its own.
macro_rules! events_of {
    ($variant:ident, $event:ident) => {
        impl From<$event> for Event {
            fn from(event: $event) -> Self {
                Self::$variant(event)
            }
        }

        impl TryFrom<Event> for $event {
            type Error = Event;

            fn try_from(event: Event) -> Result<Self, Event> {
                match event {
                    Event::$variant(event) => Ok(event),
                    other => Err(other),
                }
            }
        }
    };
}

events_of!(Establishment, EstablishmentEvent);
events_of!(Class, ClassEvent);
events_of!(Student, StudentEvent);

#[cfg(test)]
pub(crate) mod tests;
