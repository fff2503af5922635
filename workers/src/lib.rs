//! Relay, promoter, scheduler, consumer, drain and collector: what keeps the pages fresh by itself. And the announcer,
//! which tells the outside what happened.
//!
//! Owns the tables `workers_*`. A crash at any point leads to a repeat, never to a loss: what is desired stands in the
//! database before the message that reminds of it is sent.

mod announcer;
mod collector;
mod consumer;
mod drain;
mod error;
mod gauges;
mod promoter;
mod relay;
mod scheduler;

pub use announcer::Announcer;
pub use collector::Collector;
pub use consumer::{Consumer, Ended, Shops};
pub use drain::Drain;
pub use error::WorkerError;
pub use gauges::Gauges;
pub use promoter::Promoter;
pub use relay::{Relay, RelayOptions, Round};
pub use scheduler::{DuePages, Scheduler, SchedulerOptions};

/// The crate's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "workers",
    steps: &[
        ("1-ticks", include_str!("../migrations/1-ticks.sql")),
        ("2-announcements", include_str!("../migrations/2-announcements.sql")),
        ("2-promoter", include_str!("../migrations/2-promoter.sql")),
    ],
};
