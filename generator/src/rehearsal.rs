//! What a test may ask of a debug build: to be killed or stopped at a named step of a publish, or to be a newer program.
//!
//! Nothing of it is in a release build.

pub use vitrine_rehearsal::step;
#[cfg(debug_assertions)]
pub(crate) use vitrine_rehearsal::{is_now, strike};

/// The named steps of a publish, in their order. A worker of several slots comes to them in any.
///
/// What the CDN must forget is committed with the batch, so there is no step of its own between the two.
pub const STEPS: &[&str] = &[
    "lease taken",
    "planned",
    "journal committed",
    "half put",
    "all put",
    "batch recorded",
    "deletions journaled",
    "deleted",
    "before close",
    "closed",
    "before answer",
    "before purge",
    "purged",
];

#[cfg(debug_assertions)]
pub(crate) use asked::render_epoch;

#[cfg(debug_assertions)]
mod asked {
    #![allow(clippy::disallowed_methods, reason = "no setting: only tests know this variable")]

    use std::sync::LazyLock;

    /// The epoch that this program is to have.
    const EPOCH: &str = "VITRINE_RENDER_EPOCH";

    static EPOCH_ASKED: LazyLock<Option<i64>> =
        LazyLock::new(|| std::env::var(EPOCH).ok().and_then(|text| text.parse().ok()));

    pub(crate) fn render_epoch() -> Option<i64> {
        *EPOCH_ASKED
    }
}
