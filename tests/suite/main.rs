//! The system as its users meet it: through HTTP and the command line, on both engines, with other
//! users at the same time, servers that die, and input as it comes.

mod arrows;
mod command_line;
mod crash;
mod delayed_commit;
mod demo;
mod directory;
mod immutable_log;
mod isolation;
mod main_job;
mod malformed;
mod one_establishment;
mod privacy;
mod races;
mod random;
mod readme;
mod roster;
mod service;
mod stock;
