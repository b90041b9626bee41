//! The generic cell rate algorithm: for each key so many at once, and then one every so often.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// What is let through for a key.
#[derive(Clone, Copy)]
pub(super) struct Quota {
    pub(super) at_once: u32,
    pub(super) then_one_every: Duration,
}

/// A quota for each key. A key stands for an address or a client without being one.
pub(super) struct Limit {
    interval: Duration,
    burst: Duration,
    /// The theoretical arrival time: from then on, a key is as if it was never used.
    arrivals: Mutex<HashMap<u64, Instant>>,
}

impl Limit {
    pub(super) fn new(quota: Quota) -> Self {
        Self {
            interval: quota.then_one_every,
            burst: quota.then_one_every * quota.at_once,
            arrivals: Mutex::default(),
        }
    }

    /// How long to wait, if there is nothing left; nothing is then taken.
    pub(super) fn take(&self, key: u64, now: Instant) -> Option<Duration> {
        let mut arrivals = self.arrivals();
        let arrival = arrivals.get(&key).map_or(now, |arrival| now.max(*arrival)) + self.interval;
        let wait = (arrival - now).saturating_sub(self.burst);
        if wait.is_zero() {
            arrivals.insert(key, arrival);
            return None;
        }
        Some(wait)
    }

    /// Undoes a take. A key that is then as if it was never used is forgotten at once.
    pub(super) fn give_back(&self, key: u64, now: Instant) {
        let mut arrivals = self.arrivals();
        if let Some(arrival) = arrivals.get_mut(&key) {
            *arrival -= self.interval;
            if *arrival <= now {
                arrivals.remove(&key);
            }
        }
    }

    /// Keys that are as if they were never used go, with their memory.
    pub(super) fn forget(&self, now: Instant) {
        let mut arrivals = self.arrivals();
        arrivals.retain(|_, arrival| *arrival > now);
        arrivals.shrink_to_fit();
    }

    pub(super) fn arrivals(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
