//! Content pages, navigation, pictures and interface strings, without I/O.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitrine_core::{ContentHash, Country, Locale, PageName, Slug, Timestamp};

/// What a content page is for; each kind has its own template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    /// The storefront's first page; exactly one.
    Home,
    /// Ordinary text.
    Page,
    /// Questions and answers.
    Faq,
    /// Text with legal effect: no fallback to another language.
    Legal,
}

/// The facts of a content page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageFacts {
    /// Stable name, `shipping`.
    pub name: PageName,
    /// What it is for.
    pub kind: PageKind,
    /// Only in these countries; empty means in all.
    #[serde(default)]
    pub countries: Vec<Country>,
    /// When its text last changed in substance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    /// Of the home page: the wide picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hero: Option<String>,
    /// Of the home page: where the call to action leads, a link as in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hero_link: Option<String>,
    /// Of the home page: ids of products shown.
    #[serde(default)]
    pub featured: Vec<String>,
    /// Of the home page: ids of categories shown as tiles.
    #[serde(default)]
    pub categories: Vec<String>,
}

/// The text of a content page in one language; an absent field comes from the next of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageText {
    /// Heading and `<title>`. No fallback to another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Last part of the URL; the home page has none. No fallback to another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<Slug>,
    /// For search engines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Shorter name for menus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nav: Option<String>,
    /// Of the home page: over the hero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Of the home page: under the headline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Of the home page: on the button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_to_action: Option<String>,
    /// The text, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A whole content page as its source states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageInput {
    /// The facts.
    pub facts: PageFacts,
    /// A text for each language.
    pub texts: BTreeMap<Locale, PageText>,
}

/// Main menu and footer; items are links as in Markdown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Navigation {
    /// Main menu.
    #[serde(default)]
    pub main: Vec<String>,
    /// Columns of the footer.
    #[serde(default)]
    pub footer: Vec<FooterColumn>,
}

/// A column of the footer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FooterColumn {
    /// A message id.
    pub title: String,
    /// Links as in Markdown.
    pub items: Vec<String>,
}

/// A picture of the media library; its bytes lie in the media folder under their hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Name in `media/`.
    pub file: String,
    /// Hash of the bytes.
    pub hash: ContentHash,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `image/jpeg` or `image/png`.
    pub content_type: String,
}

/// Alt texts of a language by file.
pub type AltTexts = BTreeMap<String, String>;

/// A Fluent file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StringsFile {
    /// The language.
    pub lang: Locale,
    /// Source in Fluent syntax.
    pub source: String,
}
