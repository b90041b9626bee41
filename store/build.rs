//! A migration that was added is part of the program at once: the macro that takes them in is told only of
//! those that it took.

fn main() {
    println!("cargo::rerun-if-changed=../migrations");
}
