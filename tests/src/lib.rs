//! What the tests of behaviour and the benches stand on: throw-away databases on both engines, the
//! real program as a child process, a client for its API, a mail server, schools to work on, and the
//! comparison of live read models with a replay of the log.
#![expect(
    clippy::must_use_candidate,
    reason = "every error here fails the test that asked, with its cause; and only tests ask"
)]

pub mod audit;
pub mod binary;
pub mod browser;
pub mod chance;
pub mod chromium;
pub mod client;
pub mod command_line;
pub mod disk;
pub mod engine;
pub mod mail;
pub mod newcomer;
pub mod postgres;
pub mod replay;
pub mod scene;
pub mod server;
pub mod smtp;
pub mod tamper;
pub mod world;
