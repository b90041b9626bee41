//! Clients that read at a steady pace, whatever else goes on: how long their answers take.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::time::sleep_until;

use crate::client::{Connection, Target};

/// Clients that read. All together, a thousand reads per second.
pub(crate) const READERS: u32 = 4;

/// How often each of them does. Clients that ask again as soon as they are answered keep both cores
/// busy by themselves: whatever comes beside them slows them down, and the slower the answers the
/// fewer are counted. At this pace they and the server need half a core, and keep to it.
const EVERY: Duration = Duration::from_millis(4);

/// How long a turn of reading lasts: 20 reads or more are slower than the 99 of 100.
pub(crate) const READING: Duration = Duration::from_secs(2);

/// How long each read took while something else was under way.
pub(crate) async fn reads_during(
    target: &Target,
    something: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<Vec<Duration>> {
    let ended = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let mut readers = Vec::new();
    for number in 0..READERS {
        let connection = target.connect().await?;
        let first = started + EVERY * number / READERS;
        readers.push(tokio::spawn(read(connection, first, Arc::clone(&ended))));
    }
    something.await?;
    ended.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    for reader in readers {
        latencies.extend(reader.await??);
    }
    Ok(latencies)
}

/// Reads at a steady pace, whatever the answers take. What comes due before the answer to the read
/// before it has waited since then: a server that stops for a while holds up more than one read.
async fn read(
    mut connection: Connection,
    first: Instant,
    ended: Arc<AtomicBool>,
) -> anyhow::Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    let mut due = first;
    while !ended.load(Ordering::Relaxed) {
        let since = if Instant::now() < due {
            sleep_until(due.into()).await;
            // The timer's delay is not the server's.
            Instant::now()
        } else {
            due
        };
        connection.ask().await?;
        latencies.push(since.elapsed());
        due += EVERY;
    }
    Ok(latencies)
}
