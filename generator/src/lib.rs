//! The generator: from a store in the database to the static site of each of its countries.
//!
//! It plans which pages a change touches, makes their models, renders what differs from the ledger and writes it.
//! It owns the published state (`generator_*` tables) and knows no queue and no HTTP; it reads only store, catalog
//! and content, through their doors.

mod build;
mod cards;
mod demand;
mod editions;
mod error;
#[cfg(test)]
mod fixture;
mod index;
mod invalidations;
mod key;
mod lease;
mod model;
mod parallel;
mod pictures;
mod place;
mod plan;
#[doc(hidden)]
pub mod rehearsal;
mod rich;
mod site;
mod state;
mod storefronts;
mod words;

pub use build::{
    BuildReport, BuildRequest, Counts, Generator, Job, JobRequest, Mode, PathChange, Preview, Renditions,
    Step,
};
pub use demand::{Ask, Demand, Demands};
pub use error::BuildError;
pub use invalidations::{Invalidations, Stale};
pub use lease::{Held, LEASE_MS, Lease, Progress, held, release_leases};
pub use place::Place;
pub use site::RENDER_EPOCH;
pub use state::{MODULE, Release, ReleaseState};
pub use storefronts::{RolledBack, StorefrontStatus, Storefronts, Verified, bare_status, note_trouble};
