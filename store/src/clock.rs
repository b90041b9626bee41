//! Where time, chance and fresh ids come from: nowhere else in the program.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use uuid::{Builder, Uuid};

/// A source of time, of chance and of fresh ids.
pub trait Clock: Send + Sync {
    /// The present instant, to the microsecond: what both engines can keep.
    fn now(&self) -> DateTime<Utc>;

    /// Fills `bytes` with what nobody can guess. From the machine's generator, unless a test or a
    /// benchmark wants the same each time.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine for chance"
    )]
    fn random(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }

    /// A fresh UUID version 7 (RFC 9562, section 5.7) of the present instant.
    fn new_uuid(&self) -> Uuid {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or_default();
        let mut random = [0; 10];
        self.random(&mut random);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        let now = Utc::now();
        now.duration_trunc(TimeDelta::microseconds(1))
            .unwrap_or(now)
    }
}
