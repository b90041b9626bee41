//! How events written by older versions of the program are brought to their present form.

use cqrs_es::persist::{EventUpcaster, SemanticVersionEventUpcaster};
use serde_json::{Value, json};

/// Every upcaster, oldest change first; whatever reads the log uses this list.
///
/// When an event changes its shape: raise its version beside the event, and add here a
/// [`SemanticVersionEventUpcaster`] from the shape it had.
#[must_use]
pub fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
    vec![Box::new(SemanticVersionEventUpcaster::new(
        "MainTeacherAssigned",
        "1.1",
        Box::new(main_teacher_assigned_1_1),
    ))]
}

/// Version 1.0 did not say which class the teacher left.
fn main_teacher_assigned_1_1(mut payload: Value) -> Value {
    if let Some(event) = payload
        .get_mut("MainTeacherAssigned")
        .and_then(Value::as_object_mut)
    {
        event.insert("from".to_owned(), json!(null));
    }
    payload
}
