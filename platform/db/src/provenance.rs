//! Who may change a row: the rule of origins, without I/O.
//!
//! Every row remembers the origin that owns it, the hash of what that origin said last, and which other origin
//! edited it since.

use vitrine_core::{Change, ChangeKind, ContentHash, Entity, EntityKind, Origin, Timestamp};

/// One import or edit: who speaks, when, and whether it may overrule others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Who speaks.
    pub origin: Origin,
    /// The time written to changed rows.
    pub now: Timestamp,
    /// Whether rows of other origins and edits made elsewhere are overwritten.
    pub force: bool,
}

/// What became of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// There was none.
    Added,
    /// It is different now.
    Changed,
    /// Nothing was written.
    Unchanged,
    /// It is gone.
    Removed,
    /// It belongs to another origin or was edited elsewhere since; nothing was written.
    Conflict,
}

impl Outcome {
    /// Whether rows were written or deleted.
    pub fn writes(self) -> bool {
        matches!(self, Self::Added | Self::Changed | Self::Removed)
    }

    /// The entry of the change log for it, if something was written.
    pub fn change(self, kind: EntityKind, id: &str) -> Option<Change> {
        let change = match self {
            Self::Added => ChangeKind::Added,
            Self::Changed => ChangeKind::Changed,
            Self::Removed => ChangeKind::Removed,
            Self::Unchanged | Self::Conflict => return None,
        };
        Some(Change::new(Entity::new(kind, id), change))
    }
}

/// Where a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Who owns it.
    pub origin: Origin,
    /// Hash of what the owner said last.
    pub source_hash: ContentHash,
    /// Who else edited it since.
    pub edited: Option<Origin>,
}

/// What to do with an item that `run` brings.
///
/// An unchanged source leaves an edit made elsewhere alone: it has nothing new to say. With `force` the source
/// wins over edits and takes over rows of other origins.
pub fn decide(existing: Option<&Provenance>, incoming: &ContentHash, run: &Run) -> Outcome {
    let Some(existing) = existing else { return Outcome::Added };
    let is_own = existing.origin == run.origin;
    let is_edited = existing.edited.is_some_and(|editor| editor != run.origin);
    let says_the_same = existing.source_hash == *incoming;
    match (is_own, is_edited, says_the_same) {
        (true, false, true) => Outcome::Unchanged,
        (true, false, false) => Outcome::Changed,
        _ if run.force => Outcome::Changed,
        (true, true, true) => Outcome::Unchanged,
        (true, true, false) | (false, ..) => Outcome::Conflict,
    }
}

/// What to do with a row that `run` no longer brings; rows of other origins are never missing.
pub fn decide_removal(existing: &Provenance, run: &Run) -> Outcome {
    let is_edited = existing.edited.is_some_and(|editor| editor != run.origin);
    match (existing.origin == run.origin, is_edited && !run.force) {
        (false, _) => Outcome::Unchanged,
        (true, false) => Outcome::Removed,
        (true, true) => Outcome::Conflict,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin() -> impl Strategy<Value = Origin> {
        prop_oneof![Just(Origin::Files), Just(Origin::Feed), Just(Origin::Admin)]
    }

    fn hash() -> impl Strategy<Value = ContentHash> {
        (0u8..3).prop_map(|byte| ContentHash::of(&[byte]))
    }

    fn provenance() -> impl Strategy<Value = Provenance> {
        (origin(), hash(), proptest::option::of(origin()))
            .prop_map(|(origin, source_hash, edited)| Provenance { origin, source_hash, edited })
    }

    fn run() -> impl Strategy<Value = Run> {
        (origin(), any::<bool>()).prop_map(|(origin, force)| Run {
            origin,
            now: Timestamp::from_ms(0),
            force,
        })
    }

    proptest! {
        #[test]
        fn force_never_conflicts(existing in provenance(), incoming in hash(), run in run()) {
            let run = Run { force: true, ..run };
            prop_assert_ne!(decide(Some(&existing), &incoming, &run), Outcome::Conflict);
            prop_assert_ne!(decide_removal(&existing, &run), Outcome::Conflict);
        }

        #[test]
        fn without_force_only_the_owner_writes(existing in provenance(), incoming in hash(), run in run()) {
            let run = Run { force: false, ..run };
            if decide(Some(&existing), &incoming, &run).writes() || decide_removal(&existing, &run).writes() {
                prop_assert_eq!(existing.origin, run.origin);
            }
        }

        #[test]
        fn the_same_again_is_unchanged(existing in proptest::option::of(provenance()), incoming in hash(), run in run()) {
            if decide(existing.as_ref(), &incoming, &run).writes() {
                let written = Provenance { origin: run.origin, source_hash: incoming, edited: None };
                prop_assert_eq!(decide(Some(&written), &incoming, &run), Outcome::Unchanged);
            }
        }

        #[test]
        fn an_edit_elsewhere_is_never_lost_silently(existing in provenance(), incoming in hash(), run in run()) {
            let run = Run { force: false, ..run };
            if existing.edited.is_some_and(|editor| editor != run.origin) {
                prop_assert!(!decide(Some(&existing), &incoming, &run).writes());
                prop_assert!(!decide_removal(&existing, &run).writes());
            }
        }
    }
}
