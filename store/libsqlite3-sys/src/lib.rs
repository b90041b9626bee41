//! The bindings that sqlx asks for, to a newer SQLite.

#![no_std]

pub use newer::*;
