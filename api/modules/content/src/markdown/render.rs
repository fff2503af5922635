//! Blocks to segments.

use pulldown_cmark::{Event, Options, Parser, Tag};
use vitrine_core::ProductId;

use super::anchors::Anchors;
use super::blocks::{Block, Question};
use super::segments::{Segments, without_links};
use super::{FaqEntry, FaqText, MarkdownError, PlacedPicture, Rich, Segment, text_run};
use crate::LinkTarget;

/// Whether headings belong to the page's table of contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Page,
    Component,
}

/// What has been found so far in one text.
pub(crate) struct Renderer {
    pub(crate) rich: Rich,
    pub(crate) errors: Vec<MarkdownError>,
    anchors: Anchors,
}

impl Renderer {
    pub(crate) fn new(anchors: Anchors) -> Self {
        Self { rich: Rich::default(), errors: Vec::new(), anchors }
    }

    pub(crate) fn blocks(&mut self, blocks: &[Block<'_>], place: Place) -> Vec<Segment> {
        let mut out = Segments::default();
        for block in blocks {
            match block {
                Block::Text { text, line } => text_run::render(self, text, *line, place, &mut out),
                Block::Products { ids, line } => self.products(ids, *line, &mut out),
                Block::Picture { file, caption, line } => {
                    let caption = Some(*caption).filter(|caption| !caption.is_empty());
                    self.picture(file, None, caption, *line, &mut out);
                }
                Block::Callout { kind, body } => {
                    let body = self.blocks(body, Place::Component);
                    out.0.push(Segment::Callout { kind: *kind, body });
                }
                Block::Faq { questions } => {
                    let entries = questions.iter().map(|question| self.question(question)).collect();
                    out.0.push(Segment::Faq(entries));
                }
            }
        }
        out.0
    }

    fn products(&mut self, ids: &[&str], line: usize, out: &mut Segments) {
        for id in ids {
            match ProductId::try_new(id) {
                Ok(id) => self.rich.links.push((LinkTarget::Product { id, sku: None }, line)),
                Err(error) => self.error(line, format!("product '{id}': {error}")),
            }
        }
        out.0.push(Segment::Products(ids.iter().map(|id| (*id).to_owned()).collect()));
    }

    pub(crate) fn picture(
        &mut self,
        file: &str,
        alt: Option<&str>,
        caption: Option<&str>,
        line: usize,
        out: &mut Segments,
    ) {
        if file.contains(['/', ':']) {
            self.error(line, format!("picture '{file}' is not a file of media/"));
        }
        self.rich.pictures.push(PlacedPicture { file: file.to_owned(), has_alt: alt.is_some(), line });
        out.0.push(Segment::Picture {
            file: file.to_owned(),
            alt: alt.map(str::to_owned),
            caption: caption.map(str::to_owned),
        });
    }

    fn question(&mut self, question: &Question<'_>) -> FaqEntry {
        let events: Vec<Event<'_>> = Parser::new_ext(question.heading, options()).collect();
        let id = events.iter().find_map(|event| match event {
            Event::Start(Tag::Heading { id, .. }) => id.as_deref(),
            _ => None,
        });
        let text = plain(events.iter());
        let anchor = self.anchor(id, &text, question.line);
        if text.is_empty() {
            self.error(question.line, "a question has no text".to_owned());
        }
        let answer = self.blocks(&question.answer, Place::Component);
        self.rich
            .faq
            .push(FaqText { question: text.clone(), answer_html: without_links(&answer).trim().to_owned() });
        FaqEntry { question: text, anchor, answer }
    }

    pub(crate) fn anchor(&mut self, id: Option<&str>, text: &str, line: usize) -> String {
        let anchor = match id {
            Some(id) => self.anchors.take(id).unwrap_or_else(|| {
                self.error(line, format!("anchor '{id}' is already taken on this page"));
                id.to_owned()
            }),
            None => self.anchors.make(text),
        };
        self.rich.anchors.push(anchor.clone());
        anchor
    }

    pub(crate) fn error(&mut self, line: usize, what: String) {
        self.errors.push(MarkdownError { line, what });
    }
}

pub(crate) fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES
}

/// The text of events without markup.
pub(crate) fn plain<'e, 'a: 'e>(events: impl Iterator<Item = &'e Event<'a>>) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(part),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    text.trim().to_owned()
}
