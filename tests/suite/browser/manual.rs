//! The manual of the teaching staff, followed in front of a browser from an empty database to the rejection of a
//! pupil. Each of its steps is a function of [`Journey`] named after it.

use acceptance::{chromium::Setup, engine::Engine, on_both_engines};
use anyhow::Context as _;

use super::{BY_KEYBOARD, WITHOUT_SCRIPTS, journey::Journey};

on_both_engines!(
    the_manual_works,
    the_manual_works_without_scripts,
    the_manual_works_by_keyboard_on_a_telephone,
);

/// The manual is what every collège holds in its hands: whoever does what it says finds the words that it says.
async fn the_manual_works(engine: Engine) -> anyhow::Result<()> {
    follow(engine, Setup::DESKTOP).await
}

/// The computers of a staff room are old, and an academy may forbid scripts.
async fn the_manual_works_without_scripts(engine: Engine) -> anyhow::Result<()> {
    follow(engine, WITHOUT_SCRIPTS).await
}

/// Whoever cannot use a mouse has the same rights, and most people have a telephone at hand.
async fn the_manual_works_by_keyboard_on_a_telephone(engine: Engine) -> anyhow::Result<()> {
    follow(engine, BY_KEYBOARD).await
}

async fn follow(engine: Engine, setup: Setup) -> anyhow::Result<()> {
    let journey = Journey::begin(engine, setup).await?;
    let followed = journey.follow_to_the_end().await;
    followed.with_context(|| format!("with {setup:?}"))
}
