//! What an import or a check found and did.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use vitrine_core::{Entity, EntityKind, Revision, StoreId};
use vitrine_db::Outcome;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The item is not taken: its last good version stays.
    Error,
    /// The item is taken; somebody should look at it.
    Warning,
}

/// Something wrong at a place of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// File, below the folder as the caller named it, `content/store.toml`; of a feed its name.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1; 0 where only the line is known.
    pub column: u32,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, what was found and what is allowed.
    pub what: String,
    /// The item that is left out because of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Entity>,
}

impl Finding {
    /// Whether the item is left out because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Finding {
    /// `content/products/aurora/product.toml:14:9: price for DE must be greater than 0 (found -5)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.file, self.line)?;
        if self.column > 0 {
            write!(f, "{}:", self.column)?;
        }
        let warning = if self.is_error() { "" } else { " warning:" };
        write!(f, "{warning} {}", self.what)
    }
}

/// How many items of one kind an import touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New.
    pub added: u64,
    /// Differ from before.
    pub changed: u64,
    /// Gone from the source.
    pub removed: u64,
    /// As before: nothing was written.
    pub unchanged: u64,
    /// Edited elsewhere or owned by another origin, and left alone.
    pub conflicts: u64,
    /// Wrong, and left as they were.
    pub failed: u64,
}

impl Counts {
    fn plus(self, other: Self) -> Self {
        Self {
            added: self.added + other.added,
            changed: self.changed + other.changed,
            removed: self.removed + other.removed,
            unchanged: self.unchanged + other.unchanged,
            conflicts: self.conflicts + other.conflicts,
            failed: self.failed + other.failed,
        }
    }

    /// Whether anything was written.
    pub fn wrote(&self) -> bool {
        self.added + self.changed + self.removed > 0
    }
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The store it went to.
    pub store: StoreId,
    /// The store's revision afterwards.
    pub revision: Revision,
    /// By kind of item; kinds that the source doesn't have are absent.
    pub counts: BTreeMap<EntityKind, Counts>,
    /// Delivery rules, tax tables, promotions, coupons, and places whose stock is opened.
    pub commerce: Counts,
    /// Items left alone because they were edited elsewhere or belong to another origin; the first
    /// [`Report::KEPT`] of them.
    pub conflicts: Vec<Entity>,
    /// What is wrong with the source, in its order; the first [`Report::KEPT`] findings.
    pub findings: Vec<Finding>,
    /// How many more findings there were.
    pub findings_left_out: u64,
    /// Sentences about the source as a whole: an unfinished feed, removals that were not made.
    pub notes: Vec<String>,
}

impl Report {
    /// Findings and conflicts that are listed one by one: enough to work with, and bounded for a feed of any size.
    pub const KEPT: usize = 1_000;

    /// A report of an import that has done nothing yet.
    pub fn new(store: StoreId, revision: Revision) -> Self {
        Self {
            store,
            revision,
            counts: BTreeMap::new(),
            commerce: Counts::default(),
            conflicts: Vec::new(),
            findings: Vec::new(),
            findings_left_out: 0,
            notes: Vec::new(),
        }
    }

    /// The counts of all kinds and of rules together.
    pub fn total(&self) -> Counts {
        self.counts.values().copied().fold(self.commerce, Counts::plus)
    }

    /// Whether a finding is an error.
    pub fn has_errors(&self) -> bool {
        self.total().failed > 0 || self.findings.iter().any(Finding::is_error)
    }

    pub(crate) fn counts_of(&mut self, kind: EntityKind) -> &mut Counts {
        self.counts.entry(kind).or_default()
    }

    pub(crate) fn find(&mut self, finding: Finding) {
        if self.findings.len() < Self::KEPT {
            self.findings.push(finding);
        } else {
            self.findings_left_out += 1;
        }
    }

    /// Counts what became of an item.
    pub(crate) fn count(&mut self, kind: EntityKind, id: &str, outcome: Outcome) {
        let counts = self.counts_of(kind);
        match outcome {
            Outcome::Added => counts.added += 1,
            Outcome::Changed => counts.changed += 1,
            Outcome::Unchanged => counts.unchanged += 1,
            Outcome::Removed => counts.removed += 1,
            Outcome::Conflict => self.conflict(Entity { kind, id: id.to_owned() }),
        }
    }

    fn conflict(&mut self, entity: Entity) {
        self.counts_of(entity.kind).conflicts += 1;
        if self.conflicts.len() < Self::KEPT {
            self.conflicts.push(entity);
        }
    }
}

impl fmt::Display for Report {
    /// One line: `12 added, 3 changed, 1 removed, 240 unchanged, 0 conflicts, 2 failed; revision 18`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { added, changed, removed, unchanged, conflicts, failed } = self.total();
        write!(
            f,
            "{added} added, {changed} changed, {removed} removed, {unchanged} unchanged, \
             {conflicts} conflicts, {failed} failed; revision {}",
            self.revision.0
        )
    }
}
