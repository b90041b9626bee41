//! The figures, for people and for `target/bench.json`.

use acceptance::engine::Engine;
use serde::Serialize;

/// One figure. Rates per second, so that larger is better; but in rows of memory, in `MiB`, and of
/// latency, in `ms`, smaller is.
#[derive(Serialize)]
pub(crate) struct Figure {
    pub(crate) case: &'static str,
    pub(crate) engine: &'static str,
    pub(crate) clients: usize,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    pub(crate) floor: f64,
    pub(crate) peer: Option<f64>,
}

/// What was measured so far.
#[derive(Default)]
pub(crate) struct Report {
    figures: Vec<Figure>,
}

/// The engine's name in the figures.
pub(crate) fn name(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "postgresql",
        Engine::Sqlite => "sqlite",
    }
}

impl Report {
    /// Adds a figure and prints it.
    pub(crate) fn add(&mut self, figure: Figure) {
        if self.figures.is_empty() {
            println!(
                "{:<24} {:<10} {:>7} {:>12} {:>12} {:>12} {:>8} {:>8}",
                "case", "engine", "clients", "ours", "floor", "peer", "/floor", "/peer"
            );
        }
        let ratio = |other: f64| format!("{:.2}", figure.ours / other);
        println!(
            "{:<24} {:<10} {:>7} {:>12.1} {:>12.1} {:>12} {:>8} {:>8}  {}",
            figure.case,
            figure.engine,
            figure.clients,
            figure.ours,
            figure.floor,
            figure
                .peer
                .map_or_else(|| "-".to_owned(), |peer| format!("{peer:.1}")),
            ratio(figure.floor),
            figure.peer.map_or_else(|| "-".to_owned(), ratio),
            figure.unit,
        );
        self.figures.push(figure);
    }

    /// Writes all figures as JSON.
    pub(crate) fn write(&self, path: &str) -> anyhow::Result<()> {
        std::fs::write(path, serde_json::to_string_pretty(&self.figures)?)?;
        println!("written to {path}");
        Ok(())
    }
}
