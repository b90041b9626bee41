//! Taking turns, and what is in the middle.

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

/// Of some turns, ours and the floor's, the one whose ratio is the middle one: what others do on the
/// machine changes from one turn to the next, for both.
pub(crate) fn middle(mut turns: Vec<(f64, f64)>) -> (f64, f64) {
    turns.sort_by(|one, other| f64::total_cmp(&(one.0 / one.1), &(other.0 / other.1)));
    turns
        .get(turns.len() / 2)
        .copied()
        .unwrap_or((f64::NAN, f64::NAN))
}

/// A duration in milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// The milliseconds that 99 of 100 stay under.
pub(crate) fn p99(mut latencies: Vec<Duration>) -> f64 {
    latencies.sort_unstable();
    latencies
        .get(latencies.len() * 99 / 100)
        .map_or(f64::NAN, |latency| milliseconds(*latency))
}

/// The most that a process ever took of the memory, in MiB.
pub(crate) fn peak_memory(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}
