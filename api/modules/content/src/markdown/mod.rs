//! Markdown to pieces that an edition fills in.
//!
//! All work that is the same for every country of a language is done here, once; an edition only splices the
//! addresses of links, the cards of products and the pictures. Pure.
//!
//! Tables are wrapped in `<div class="table-scroll" tabindex="0">`; their cells carry `class="align-center"` or
//! `class="align-end"`. Headings have an id.

mod anchors;
mod blocks;
mod render;
mod segments;
mod text_run;

use std::fmt;

use crate::LinkTarget;

/// Whether a text may show something of others: a link to a product, category or page, a card, a picture. Much
/// cheaper than parsing; `true` for some texts that show nothing, never `false` for one that does.
pub fn may_refer(source: &str) -> bool {
    // An entity or a backslash may spell any of them.
    const SIGNS: [&str; 7] = ["product:", "category:", "page:", "::", "![", "&", "\\"];
    SIGNS.iter().any(|sign| source.contains(sign))
}

/// A mistake in a Markdown text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct MarkdownError {
    /// Line in the text, from 1.
    pub line: usize,
    /// What is wrong (found, allowed).
    pub what: String,
}

/// A text ready to be filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rich {
    /// The pieces, in order.
    pub segments: Vec<Segment>,
    /// Ids of headings and questions, without `#`.
    pub anchors: Vec<String>,
    /// Headings in order; those of components are left out.
    pub toc: Vec<TocEntry>,
    /// Questions of all `:::faq`.
    pub faq: Vec<FaqText>,
    /// Where its links and cards lead, each with its line.
    pub links: Vec<(LinkTarget, usize)>,
    /// Files of its pictures, each with its line.
    pub pictures: Vec<PlacedPicture>,
    /// Text of paragraphs and lists without markup, for descriptions.
    pub text: String,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Ready HTML; `</a>` in it closes a [`LinkOpen`](Self::LinkOpen).
    Html(String),
    /// Here an `<a>` begins; without an address it stays an `<a>` without `href`.
    LinkOpen(LinkTarget),
    /// A row of product cards, by id.
    Products(Vec<String>),
    /// A picture that stands alone.
    Picture {
        /// File of the media library.
        file: String,
        /// Alt text where it isn't the library's.
        alt: Option<String>,
        /// Text under it.
        caption: Option<String>,
    },
    /// A box.
    Callout {
        /// Which.
        kind: CalloutKind,
        /// Its content.
        body: Vec<Segment>,
    },
    /// Questions and answers.
    Faq(Vec<FaqEntry>),
}

/// The kinds of `:::callout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CalloutKind {
    /// Advice.
    Tip,
    /// An aside.
    Note,
    /// To be careful about.
    Warning,
}

impl CalloutKind {
    /// As it is written in Markdown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tip => "tip",
            Self::Note => "note",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for CalloutKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A question on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaqEntry {
    /// The question, plain text.
    pub question: String,
    /// Id to link to, without `#`.
    pub anchor: String,
    /// The answer.
    pub answer: Vec<Segment>,
}

/// A question for search engines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaqText {
    /// The question, plain text.
    pub question: String,
    /// The answer as HTML without links and components.
    pub answer_html: String,
}

/// A heading of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TocEntry {
    /// 2 to 6.
    pub level: u8,
    /// Id to link to, without `#`.
    pub anchor: String,
    /// The heading, plain text.
    pub text: String,
}

/// A picture in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedPicture {
    /// File of the media library.
    pub file: String,
    /// Whether the text brings its own alt text.
    pub has_alt: bool,
    /// Line in the text, from 1.
    pub line: usize,
}

/// Reads a Markdown text; all mistakes at once, by line.
pub fn parse(source: &str) -> Result<Rich, Vec<MarkdownError>> {
    let (rich, errors) = parse_all(source);
    if errors.is_empty() { Ok(rich) } else { Err(errors) }
}

/// Reads a Markdown text as far as it goes, so that links can be checked beside other mistakes.
pub fn parse_all(source: &str) -> (Rich, Vec<MarkdownError>) {
    let mut errors = Vec::new();
    let blocks = blocks::split(source, &mut errors);
    let mut renderer = render::Renderer::new(anchors::Anchors::with_explicit(&blocks));
    renderer.rich.segments = renderer.blocks(&blocks, render::Place::Page);
    errors.append(&mut renderer.errors);
    errors.sort();
    (renderer.rich, errors)
}

#[cfg(test)]
mod tests;
