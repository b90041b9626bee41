pub(super) mod change_roster;
pub(super) mod create_class;
pub(super) mod get;
pub(super) mod list_classes;
pub(super) mod list_staff;
pub(super) mod list_students;
pub(super) mod search;
