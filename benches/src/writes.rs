//! The staff actions: rename a class, move a pupil, change the roster of thirty.

use std::{sync::Arc, time::Instant};

use domain::values::ClassName;

use crate::{
    contender::{Contender, School},
    http::resident_mebibytes,
    measure::{ROUNDS, TURN, median, rate},
    ours::Ours,
    peer::Peer,
    report::{Figure, Report, name},
    town::Places,
};

/// Pupils in a roster change: a whole class.
pub(crate) const ROSTER: usize = 30;

/// One of the cases.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Rename,
    Roster(usize),
}

/// A contender with its own count of its own schools.
pub(crate) struct Entry {
    contender: Arc<dyn Contender>,
    schools: Vec<School>,
    step: usize,
    rates: Vec<f64>,
}

/// Measures every case on one engine.
pub(crate) async fn run(places: &Places, report: &mut Report) -> anyhow::Result<()> {
    let mut contenders: Vec<Arc<dyn Contender>> = vec![
        Arc::new(Ours(places.ours.clone())),
        Arc::new(places.floor.clone()),
    ];
    if let Some(pool) = &places.peer {
        contenders.push(Arc::new(Peer::new(pool.clone())));
    }
    let mut entries: Vec<Entry> = contenders
        .into_iter()
        .map(|contender| Entry::new(contender, places.schools.clone()))
        .collect();
    let memory_before = resident_mebibytes(std::process::id())?;
    for (label, unit, case, clients) in [
        ("rename a class", "renames/s", Case::Rename, 1),
        ("rename a class", "renames/s", Case::Rename, 8),
        ("rename a class", "renames/s", Case::Rename, 32),
        ("move a pupil", "moves/s", Case::Roster(1), 1),
        ("move a pupil", "moves/s", Case::Roster(1), 8),
        ("move a pupil", "moves/s", Case::Roster(1), 32),
        ("roster change of 30", "changes/s", Case::Roster(ROSTER), 1),
        ("roster change of 30", "changes/s", Case::Roster(ROSTER), 8),
    ] {
        for round in 0..=ROUNDS {
            for entry in &mut entries {
                let rate = entry.turn(case, clients).await?;
                // The first turn fills caches, the database's and the program's.
                if round > 0 {
                    entry.rates.push(rate);
                }
            }
        }
        let mut medians = entries
            .iter_mut()
            .map(|entry| median(std::mem::take(&mut entry.rates)));
        report.add(Figure {
            case: label,
            engine: name(places.engine),
            clients,
            unit,
            ours: medians.next().unwrap_or(f64::NAN),
            floor: medians.next().unwrap_or(f64::NAN),
            peer: medians.next(),
        });
    }
    // All contenders' and the load's own, so more than ours: every class was worked on.
    report.add(Figure {
        case: "memory after the writes",
        engine: name(places.engine),
        clients: 32,
        unit: "MiB",
        ours: resident_mebibytes(std::process::id())?,
        floor: memory_before,
        peer: None,
    });
    Ok(())
}

impl Entry {
    pub(crate) fn new(contender: Arc<dyn Contender>, schools: Vec<School>) -> Self {
        Self {
            contender,
            schools,
            step: 0,
            rates: Vec::new(),
        }
    }

    /// Lets `clients` work at once for the length of a turn, each on schools of its own, and gives how
    /// much they did per second.
    pub(crate) async fn turn(&mut self, case: Case, clients: usize) -> anyhow::Result<f64> {
        let started = Instant::now();
        let mut tasks = Vec::new();
        let mut schools = std::mem::take(&mut self.schools);
        let share = schools.len() / clients;
        while tasks.len() < clients {
            let rest = schools.split_off(share.min(schools.len()));
            let mine = std::mem::replace(&mut schools, rest);
            let contender = Arc::clone(&self.contender);
            tasks.push(tokio::spawn(work(
                contender, mine, case, self.step, started,
            )));
        }
        self.schools = schools;
        let mut done = 0;
        let mut furthest = self.step;
        for task in tasks {
            let (mine, step) = task.await??;
            done += step - self.step;
            furthest = furthest.max(step);
            self.schools.extend(mine);
        }
        self.step = furthest;
        Ok(rate(done, started.elapsed()))
    }
}

/// One client's turn; gives back the schools with their counts, and how far it came.
async fn work(
    contender: Arc<dyn Contender>,
    mut schools: Vec<School>,
    case: Case,
    mut step: usize,
    started: Instant,
) -> anyhow::Result<(Vec<School>, usize)> {
    let count = schools.len();
    while started.elapsed() < TURN {
        let school = &mut schools[step % count];
        let round = step / count;
        match case {
            Case::Rename => {
                let class = round % school.classes.len();
                let to = ClassName::parse(&format!("3e {class} {step}"))?;
                contender.rename(school, class, &to).await?;
                school.classes[class].name = to;
                school.classes[class].sequence += 1;
            }
            Case::Roster(size) => {
                let moves: Vec<(usize, usize)> = (0..size)
                    .map(|i| (round * size + i) % school.students.len())
                    .map(|student| {
                        let from = school.students[student].class;
                        (student, (from + 1) % school.classes.len())
                    })
                    .collect();
                contender.change_roster(school, &moves).await?;
                for (student, to) in moves {
                    let from = school.students[student].class;
                    school.students[student].class = to;
                    school.students[student].sequence += 1;
                    school.classes[from].sequence += 1;
                    school.classes[to].sequence += 1;
                }
            }
        }
        step += 1;
    }
    Ok((schools, step))
}
