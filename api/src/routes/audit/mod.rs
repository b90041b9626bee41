pub(super) mod class_lists;
pub(super) mod events;
pub(super) mod resets;
