//! The system as its users meet it: through HTTP and the command line, on both engines, with other
//! users at the same time, servers that die, and input as it comes.

mod arrows;
mod as_of;
mod command_line;
mod crash;
mod delayed_commit;
mod demo;
mod directory;
mod equal_answers;
mod headship;
mod immutable_log;
mod invitations;
mod isolation;
mod mail;
mod main_job;
mod malformed;
mod manual;
mod one_establishment;
mod privacy;
mod races;
mod random;
mod readme;
mod rebuild;
mod roster;
mod seals;
mod service;
mod sign_up;
mod sign_up_races;
mod staff;
mod staff_races;
mod stock;
mod throttle;
mod tokens;
mod trail;
mod two_schools;
mod verify;
