//! Splices what Markdown left open for an edition: addresses of links, cards and pictures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use vitrine_content::markdown::{self, CalloutKind, FaqEntry, Rich, Segment};
use vitrine_core::{ContentHash, EntityKind, Locale, ProductId};
use vitrine_theme::Html;
use vitrine_theme::views::{CalloutView, CardRowView, FaqItem, FaqView, PictureFigureView, Slot, TocEntry};

use crate::error::BuildError;
use crate::key::{EntityKey, Kind};
use crate::model::{Maker, media_key};
use crate::pictures::Showing;

/// Parsed Markdown by the hash of its source: a text is parsed once for all editions that show it.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    parsed: Mutex<BTreeMap<ContentHash, Arc<Rich>>>,
}

/// Texts kept; beyond it the cache starts anew, which costs 4 us a text.
const TEXTS_KEPT: usize = 4096;

impl Texts {
    /// The text parsed; `page` names it in errors.
    pub(crate) fn parse(&self, source: &str, page: &str) -> Result<Arc<Rich>, BuildError> {
        let hash = ContentHash::of(source.as_bytes());
        if let Some(known) = self.parsed.lock().ok().and_then(|parsed| parsed.get(&hash).cloned()) {
            return Ok(known);
        }
        let rich = Arc::new(markdown::parse(source).map_err(|errors| {
            let first = errors.into_iter().next();
            let (line, what) = first.map_or((0, "unreadable".to_owned()), |error| (error.line, error.what));
            BuildError::Markdown { page: page.to_owned(), line, what }
        })?);
        if let Ok(mut parsed) = self.parsed.lock() {
            if parsed.len() >= TEXTS_KEPT {
                parsed.clear();
            }
            parsed.insert(hash, Arc::clone(&rich));
        }
        Ok(rich)
    }
}

impl Maker<'_> {
    /// A text as HTML of this edition; what it shows of others is added to `needs`.
    pub(crate) fn rich(&self, rich: &Rich, needs: &mut BTreeSet<EntityKey>) -> Result<Html, BuildError> {
        let mut html = String::new();
        self.splice(&rich.segments, &mut html, needs)?;
        Ok(Html::trusted(&html))
    }

    /// The headings of a text.
    pub(crate) fn toc(rich: &Rich) -> Vec<TocEntry<'static>> {
        rich.toc
            .iter()
            .filter(|heading| heading.level == 2)
            .map(|heading| TocEntry {
                anchor: heading.anchor.clone().into(),
                label: heading.text.clone().into(),
            })
            .collect()
    }

    fn splice(
        &self,
        segments: &[Segment],
        html: &mut String,
        needs: &mut BTreeSet<EntityKey>,
    ) -> Result<(), BuildError> {
        for segment in segments {
            match segment {
                Segment::Html(made) => html.push_str(made),
                Segment::LinkOpen(target) => {
                    let (path, entity) = self.view.resolve(target);
                    needs.extend(entity);
                    html.push_str("<a");
                    // Without an address it is a placeholder link: the words stay, the dead end does not.
                    if let Some(path) = path {
                        html.push_str(" href=\"");
                        escape(&path, html);
                        html.push('"');
                    }
                    html.push('>');
                }
                Segment::Products(ids) => {
                    let cards = self.cards_by_id(ids, needs)?;
                    if !cards.is_empty() {
                        html.push_str(self.fragment(&CardRowView { cards })?.as_str());
                    }
                }
                Segment::Picture { file, alt, caption } => {
                    self.figure(file, alt.as_deref(), caption.as_deref(), html, needs)?;
                }
                Segment::Callout { kind, body } => {
                    let mut inner = String::new();
                    self.splice(body, &mut inner, needs)?;
                    let kind = match kind {
                        CalloutKind::Tip => vitrine_theme::views::CalloutKind::Tip,
                        CalloutKind::Note => vitrine_theme::views::CalloutKind::Note,
                        CalloutKind::Warning => vitrine_theme::views::CalloutKind::Warning,
                    };
                    html.push_str(
                        self.fragment(&CalloutView { kind, body: Html::trusted(&inner) })?.as_str(),
                    );
                }
                Segment::Faq(questions) => self.faq(questions, html, needs)?,
            }
        }
        Ok(())
    }

    fn faq(
        &self,
        questions: &[FaqEntry],
        html: &mut String,
        needs: &mut BTreeSet<EntityKey>,
    ) -> Result<(), BuildError> {
        let mut items = Vec::with_capacity(questions.len());
        for question in questions {
            let mut answer = String::new();
            self.splice(&question.answer, &mut answer, needs)?;
            items.push(FaqItem {
                anchor: question.anchor.as_str().into(),
                question: question.question.as_str().into(),
                answer: Html::trusted(&answer),
            });
        }
        html.push_str(self.fragment(&FaqView { items })?.as_str());
        Ok(())
    }

    fn figure(
        &self,
        file: &str,
        alt: Option<&str>,
        caption: Option<&str>,
        html: &mut String,
        needs: &mut BTreeSet<EntityKey>,
    ) -> Result<(), BuildError> {
        needs.insert(media_key(file));
        let showing = Showing { slot: Slot::Figure, chain: &self.site.chain, name: "", eager: false };
        let Some(mut picture) = self.pictures.file(file, showing) else { return Ok(()) };
        if let Some(alt) = alt.filter(|alt| !alt.is_empty()) {
            picture.alt = alt.to_owned().into();
            picture.alt_lang = None;
        }
        let figure = PictureFigureView { picture, caption: caption.map(Into::into) };
        html.push_str(self.fragment(&figure)?.as_str());
        Ok(())
    }

    /// Cards of the products that are shown here, in the order asked for.
    pub(crate) fn cards_by_id(
        &self,
        ids: &[String],
        needs: &mut BTreeSet<EntityKey>,
    ) -> Result<Vec<Html>, BuildError> {
        let mut cards = Vec::with_capacity(ids.len());
        for id in ids.iter().filter_map(|id| ProductId::try_new(id.as_str()).ok()) {
            match self.view.index.seq_of(&id) {
                Some(seq) => {
                    needs.insert(EntityKey::new(Kind::Product, seq));
                    cards.extend(self.card(seq)?);
                }
                None => {
                    needs.insert(EntityKey::absent(EntityKind::Product, id.as_str()));
                }
            }
        }
        Ok(cards)
    }
}

/// Numbers of the products whose cards a text shows.
pub(crate) fn products_of(rich: &Rich) -> Vec<String> {
    fn walk(segments: &[Segment], ids: &mut Vec<String>) {
        for segment in segments {
            match segment {
                Segment::Products(products) => ids.extend(products.iter().cloned()),
                Segment::Callout { body, .. } => walk(body, ids),
                Segment::Faq(questions) => questions.iter().for_each(|question| walk(&question.answer, ids)),
                _ => {}
            }
        }
    }
    let mut ids = Vec::new();
    walk(&rich.segments, &mut ids);
    ids
}

/// The first of some languages that has a value, with the language.
pub(crate) fn first_in<'t, T>(
    chain: &[Locale],
    find: impl Fn(&Locale) -> Option<&'t T>,
) -> Option<(&Locale, &'t T)> {
    chain.iter().find_map(|lang| find(lang).map(|found| (lang, found)))
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests;
