//! The generator: from a store in the database to the static site of each of its countries.
//!
//! It plans which pages a change touches, makes their models, renders what differs from the ledger and writes it.
//! It owns the published state (`generator_*` tables) and knows no queue and no HTTP; it reads only store, catalog
//! and content, through their doors.

mod build;
mod cards;
mod editions;
mod error;
#[cfg(test)]
mod fixture;
mod index;
mod key;
mod model;
mod output;
mod parallel;
mod pictures;
mod plan;
mod rich;
mod site;
mod state;
mod words;

pub use build::{BuildReport, BuildRequest, Generator, Mode, Renditions};
pub use error::BuildError;
pub use site::RENDER_EPOCH;
pub use state::MODULE;
