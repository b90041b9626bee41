pub(super) mod delete;
pub(super) mod edit;
pub(super) mod get;
pub(super) mod list_students;
