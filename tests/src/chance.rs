//! Moments that no two runs of a test share: each run then tries others.

use store::{Clock as _, SystemClock};

/// Anything from 0 to 1.
pub fn part() -> f64 {
    let mut bytes = [0; 4];
    SystemClock.random(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
