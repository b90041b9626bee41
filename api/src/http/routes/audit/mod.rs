pub(super) mod class_lists;
