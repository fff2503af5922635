//! One file a subcommand: reads what was asked, calls the crates below, tells what came of it.

pub(crate) mod api;
pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod dev;
pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod letters;
pub(crate) mod migrate;
pub(crate) mod publish;
pub(crate) mod queue;
pub(crate) mod releases;
pub(crate) mod scheduler;
pub(crate) mod status;
pub(crate) mod token;
pub(crate) mod worker;

use std::process::ExitCode;

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Done,
    /// The work was done as far as the content allows.
    Wrong,
    /// Somebody stopped it.
    Stopped,
}

impl Outcome {
    /// Exit code of a command that could not do its work.
    pub(crate) const NOT_DONE: u8 = 2;

    /// Done, unless something is wrong.
    pub(crate) fn wrong_if(wrong: bool) -> Self {
        if wrong { Self::Wrong } else { Self::Done }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Wrong => Self::FAILURE,
            // 128 + SIGINT, as shells have it.
            Outcome::Stopped => Self::from(130),
        }
    }
}
