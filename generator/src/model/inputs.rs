//! What a page is made from, gathered without making it: the fingerprint that tells whether it must be rendered.
//!
//! Whatever a model reads of others must be named here as well: what is not among the inputs of a page does not bring
//! it up to date. The random edits of `tests/incremental` hold this against full builds.

use std::collections::BTreeSet;

use vitrine_catalog::{CategoryRecord, MediaRef, ProductRecord};
use vitrine_content::LinkTarget;
use vitrine_content::markdown::Segment;
use vitrine_core::{CategoryId, ContentHash, EntityKind, Hasher, Locale, ProductId};

use super::{Maker, media_key, short};
use crate::key::{EntityKey, Kind};
use crate::rich::first_in;

/// The inputs of a page, or of all pages of a product in an edition.
#[derive(Clone)]
pub(crate) struct Inputs<'a> {
    maker: Maker<'a>,
    hasher: Hasher,
    needs: BTreeSet<EntityKey>,
}

impl<'a> Inputs<'a> {
    /// Of something in the maker's edition: what all its pages carry, theme and code included, is an input already.
    pub(crate) fn new(maker: &Maker<'a>, what: &str) -> Self {
        let mut hasher = Hasher::new(what);
        hasher.hash(&maker.site.hash);
        Self { maker: *maker, hasher, needs: BTreeSet::new() }
    }

    /// Entities other than its own that the page shows, or waits for.
    pub(crate) fn needs(&self) -> &BTreeSet<EntityKey> {
        &self.needs
    }

    /// Numbers of the products whose cards are shown.
    pub(crate) fn products(&self) -> impl Iterator<Item = i64> {
        self.needs.iter().filter(|need| need.kind() == Some(Kind::Product)).map(|need| need.seq())
    }

    /// The fingerprint of the page at a path, numbered `sub` within its entity.
    pub(crate) fn fingerprint(&self, path: &str, sub: u16) -> i64 {
        let mut hasher = self.hasher.clone();
        hasher.field(path.as_bytes()).int(i64::from(sub));
        short(&hasher.finish())
    }

    /// Adds a hash.
    pub(crate) fn hash(&mut self, hash: &ContentHash) {
        self.hasher.hash(hash);
    }

    /// Adds a number.
    pub(crate) fn int(&mut self, value: i64) {
        self.hasher.int(value);
    }

    /// Adds a text.
    pub(crate) fn text(&mut self, text: &str) {
        self.hasher.field(text.as_bytes());
    }

    /// Adds an amount or another number that may be absent.
    pub(crate) fn maybe(&mut self, value: Option<i64>) {
        self.hasher.int(i64::from(value.is_some())).int(value.unwrap_or_default());
    }

    /// Adds an entity that the page shows or waits for.
    pub(crate) fn need(&mut self, entity: EntityKey) {
        // Two pages that look the same may wait for different things.
        self.hasher.int(entity.raw());
        self.needs.insert(entity);
    }

    /// The words of a product along a chain of languages.
    pub(crate) fn texts(&mut self, record: &ProductRecord, chain: &[Locale]) {
        for layer in chain.iter().filter_map(|lang| record.texts.iter().find(|layer| layer.lang == *lang)) {
            self.text(layer.lang.as_str());
            self.hash(&layer.hash);
        }
        self.int(-1);
    }

    /// A picture: that of an outside service is part of what names it.
    pub(crate) fn media(&mut self, media: &MediaRef) {
        if let MediaRef::File(file) = media {
            self.file(file);
        }
    }

    /// A picture of the media library with its alt text.
    pub(crate) fn file(&mut self, file: &str) {
        self.need(media_key(file));
        let content = self.maker.view.index.content();
        if let Some(media) = content.media.get(file) {
            self.hash(&media.hash);
            self.int(i64::from(media.width) << 32 | i64::from(media.height));
        }
        let alt = first_in(&self.maker.site.chain, |lang| content.alts.get(lang)?.get(file));
        if let Some((lang, alt)) = alt {
            self.text(lang.as_str());
            self.text(alt);
        }
        self.int(-2);
    }

    /// The cards of products, by their ids.
    pub(crate) fn cards<'i>(&mut self, ids: impl IntoIterator<Item = &'i str>) {
        for id in ids {
            let Ok(id) = ProductId::try_new(id) else { continue };
            match self.maker.view.index.seq_of(&id) {
                Some(seq) => self.card(seq),
                None => self.need(EntityKey::absent(EntityKind::Product, id.as_str())),
            }
        }
    }

    /// The card of a product.
    pub(crate) fn card(&mut self, seq: i64) {
        self.need(EntityKey::new(Kind::Product, seq));
        self.maybe(self.maker.cards.print(seq, self.maker.site.number));
    }

    /// Where a link leads.
    pub(crate) fn link(&mut self, target: &LinkTarget) {
        let (path, entity) = self.maker.view.resolve(target);
        if let Some(entity) = entity {
            self.need(entity);
        }
        self.maybe(path.is_some().then_some(1));
        self.text(path.as_deref().unwrap_or_default());
    }

    /// Where a content page stands.
    pub(crate) fn page(&mut self, name: &str) {
        if let Ok(name) = vitrine_core::PageName::try_new(name) {
            self.link(&LinkTarget::Page { name, anchor: None });
        }
    }

    /// A category with its words.
    pub(crate) fn category(&mut self, record: &CategoryRecord) {
        self.need(EntityKey::new(Kind::Category, record.seq));
        self.hash(&record.hash);
    }

    /// The path from the root to a category.
    pub(crate) fn trail(&mut self, id: &CategoryId) {
        let index = self.maker.view.index;
        let trail = index.ancestry(id);
        if trail.is_empty() {
            self.need(EntityKey::absent(EntityKind::Category, id.as_str()));
        }
        trail.into_iter().for_each(|record| self.category(record));
        self.int(-3);
    }

    /// What a text shows of others; the text itself is an input of its own.
    pub(crate) fn rich(&mut self, segments: &[Segment]) {
        for segment in segments {
            match segment {
                Segment::Html(_) => {}
                Segment::LinkOpen(target) => self.link(target),
                Segment::Products(ids) => self.cards(ids.iter().map(String::as_str)),
                Segment::Picture { file, .. } => self.file(file),
                Segment::Callout { body, .. } => self.rich(body),
                Segment::Faq(questions) => questions.iter().for_each(|question| self.rich(&question.answer)),
            }
        }
    }
}
