//! The pages in a real browser: the manual step by step, what scripts ease, and what every page owes everybody.

mod eased;
mod journey;
mod manual;
mod rules;
mod screenshots;

use acceptance::chromium::{Hand, Setup};

/// Somebody whose browser runs no scripts.
const WITHOUT_SCRIPTS: Setup = Setup {
    scripts: false,
    ..Setup::DESKTOP
};

/// Somebody on a telephone, by night, who does not point.
const BY_KEYBOARD: Setup = Setup {
    hand: Hand::Keyboard,
    dark: true,
    ..Setup::TELEPHONE
};
