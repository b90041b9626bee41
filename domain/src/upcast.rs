//! How events written by older versions of the program are brought to their present form.

use cqrs_es::persist::EventUpcaster;

/// Every upcaster, oldest change first; whatever reads the log uses this list.
///
/// When an event changes its shape: raise its version beside the event, and add here a
/// [`cqrs_es::persist::SemanticVersionEventUpcaster`] from the shape it had. There is none as
/// long as every event is at its first version.
#[must_use]
pub fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
    Vec::new()
}
