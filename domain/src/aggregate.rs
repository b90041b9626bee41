//! What all aggregates have in common.

/// Makes a type that decides on commands, and that events change, an aggregate.
macro_rules! aggregate {
    ($aggregate:ident, $type:literal, $command:ident, $event:ident) => {
        impl ::cqrs_es::Aggregate for $aggregate {
            const TYPE: &'static str = $type;
            type Command = $command;
            type Event = $event;
            type Error = $crate::refusal::Refusal;
            type Services = ();

            async fn handle(
                &mut self,
                command: $command,
                (): &(),
                sink: &::cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), Self::Error> {
                for event in self.decide(command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: $event) {
                self.evolve(event);
            }
        }
    };
}

/// Gives each variant of an event enum its type (the variant's name) and present version, from
/// one list: a variant left out does not compile.
macro_rules! event_kinds {
    ($event:ident { $($variant:ident $version:literal,)+ }) => {
        impl $event {
            /// Type and present version of every event of this aggregate.
            pub const KINDS: &'static [(&'static str, &'static str)] =
                &[$((stringify!($variant), $version)),+];

            /// Type and present version of this event.
            #[must_use]
            pub const fn kind(&self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant { .. } => (stringify!($variant), $version),)+
                }
            }
        }

        impl ::cqrs_es::DomainEvent for $event {
            fn event_type(&self) -> String {
                self.kind().0.to_owned()
            }

            fn event_version(&self) -> String {
                self.kind().1.to_owned()
            }
        }
    };
}

pub(crate) use {aggregate, event_kinds};
