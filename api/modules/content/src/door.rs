//! The door, and what its calls return.

use vitrine_core::{Change, EntityKind};
use vitrine_db::{Documents, Module, Outcome};
use vitrine_store::SlugTaken;

/// The module's tables.
pub const MODULE: Module =
    Module { name: "content", steps: &[("1-documents", vitrine_db::documents_ddl!("content_document"))] };

pub(crate) const DOCUMENTS: Documents = Documents { table: "content_document" };
/// Kinds of documents. Facts and texts of a page are one entity; so are all words, and all alt texts.
pub(crate) const PAGE: &str = "page";
pub(crate) const NAVIGATION: &str = "navigation";
pub(crate) const STRINGS: &str = "strings";
pub(crate) const MEDIA: &str = "media";
pub(crate) const MEDIA_TEXT: &str = "media_text";

/// The module's door.
#[derive(Clone, Copy, Debug)]
pub struct Content;

/// What a call wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// What became of each item, by id: pages by name, words and alt texts by language, pictures by file.
    pub outcomes: Vec<(String, Outcome)>,
    /// Slugs that others hold; their pages were left as they are and have no outcome.
    pub refused: Vec<SlugTaken>,
    /// Entries for [`Stores::bump_in`](vitrine_store::Stores::bump_in).
    pub changes: Vec<Change>,
}

impl Written {
    pub(crate) fn push(&mut self, kind: EntityKind, id: &str, outcome: Outcome) {
        self.changes.extend(outcome.change(kind, id));
        self.outcomes.push((id.to_owned(), outcome));
    }
}
