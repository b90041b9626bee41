//! Taking turns, and medians.

use std::time::Duration;

/// How often each contender has its turn.
pub(crate) const ROUNDS: usize = 5;

/// How long a turn lasts.
pub(crate) const TURN: Duration = Duration::from_millis(1200);

/// The middle one of some rates.
pub(crate) fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN)
}

/// `count` per second over `elapsed`.
#[expect(
    clippy::cast_precision_loss,
    reason = "no run counts to the 2^52 where it would matter"
)]
pub(crate) fn rate(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}
