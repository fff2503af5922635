//! Sample pages: every template with the data that breaks layouts.
//!
//! Long German words, Arabic from right to left, Japanese, something sold out, a product without a
//! picture. Tests render them all; `cargo run -p vitrine-theme --example samples` writes them to look at.

mod fragments;
mod pages;
mod texts;

use std::collections::BTreeMap;

use crate::views::{Picture, RedirectPage, ShellView, Slot, Source};
use crate::{Html, Shell, Theme, ThemeError, View, Words};
use texts::Texts;

/// An edition that samples are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// `en-GB`.
    English,
    /// `de-DE`, with long words.
    German,
    /// `ar-AE`, from right to left.
    Arabic,
    /// `ja-JP`.
    Japanese,
}

impl Edition {
    /// Every edition.
    pub const ALL: [Edition; 4] = [Edition::English, Edition::German, Edition::Arabic, Edition::Japanese];

    /// BCP 47 tag.
    pub fn lang(self) -> &'static str {
        match self {
            Edition::English => "en-GB",
            Edition::German => "de-DE",
            Edition::Arabic => "ar-AE",
            Edition::Japanese => "ja-JP",
        }
    }

    /// `ltr` or `rtl`.
    pub fn dir(self) -> &'static str {
        if self == Edition::Arabic { "rtl" } else { "ltr" }
    }

    fn currency(self) -> &'static str {
        match self {
            Edition::English => "GBP",
            Edition::German => "EUR",
            Edition::Arabic => "AED",
            Edition::Japanese => "JPY",
        }
    }

    fn texts(self) -> &'static Texts {
        match self {
            Edition::English => &texts::ENGLISH,
            Edition::German => &texts::GERMAN,
            Edition::Arabic => &texts::ARABIC,
            Edition::Japanese => &texts::JAPANESE,
        }
    }
}

/// A rendered sample.
#[derive(Debug)]
pub struct Sample {
    /// Such as `de/product-sold-out`.
    pub name: String,
    /// The edition it belongs to.
    pub edition: Edition,
    /// The page.
    pub html: String,
}

/// Renders every sample of an edition.
///
/// `texts` are the plain messages of its language; a message that is absent shows its id.
pub fn render(
    theme: &Theme,
    edition: Edition,
    texts: &BTreeMap<String, String>,
) -> Result<Vec<Sample>, ThemeError> {
    let mut all = texts.clone();
    for id in &theme.messages().templates {
        all.entry(id.clone()).or_insert_with(|| id.clone());
    }
    let mut studio = Studio::try_new(theme, edition, theme.words(&all)?)?;
    studio.page("home", &pages::home(&studio, true)?)?;
    studio.page("home-plain", &pages::home(&studio, false)?)?;
    studio.page("category", &pages::category(&studio, 8)?)?;
    studio.page("category-empty", &pages::category(&studio, 0)?)?;
    studio.page("product", &pages::product(&studio)?)?;
    studio.page("product-sold-out", &pages::product_sold_out(&studio)?)?;
    studio.page("product-bare", &pages::product_bare(&studio)?)?;
    studio.page("content", &pages::content(&studio)?)?;
    studio.page("faq", &pages::faq(&studio)?)?;
    studio.page("legal", &pages::legal(&studio)?)?;
    studio.page("not-found", &pages::not_found(&studio)?)?;
    studio.page("chooser", &pages::chooser())?;
    studio.page("redirect", &redirect())?;
    Ok(studio.done)
}

fn redirect() -> RedirectPage<'static> {
    RedirectPage {
        url: "/de/p/cloud/?a=1&b=2".into(),
        canonical: "https://nimbus.example/de/p/cloud/".into(),
        label: "Cloud".into(),
    }
}

/// What the samples of one edition are made with.
struct Studio<'a> {
    theme: &'a Theme,
    edition: Edition,
    texts: &'static Texts,
    words: Words,
    shell: Shell,
    bare: Shell,
    done: Vec<Sample>,
}

impl<'a> Studio<'a> {
    fn try_new(theme: &'a Theme, edition: Edition, words: Words) -> Result<Self, ThemeError> {
        let header = theme.fragment(&words, &fragments::header(edition))?;
        let footer = theme.fragment(&words, &fragments::footer(edition))?;
        let shell = Shell::try_new(&shell(edition, header, footer), &words)?;
        let bare = Shell::try_new(&self::shell(edition, Html::default(), Html::default()), &words)?;
        Ok(Self { theme, edition, texts: edition.texts(), words, shell, bare, done: Vec::new() })
    }

    fn page<V: View>(&mut self, name: &str, view: &V) -> Result<(), ThemeError> {
        let mut out = Vec::new();
        let shell = if name == "chooser" { &self.bare } else { &self.shell };
        self.theme.render(shell, view, &mut out)?;
        let html = String::from_utf8_lossy(&out).into_owned();
        let language = self.edition.lang().get(..2).unwrap_or_default();
        self.done.push(Sample { name: format!("{language}/{name}"), edition: self.edition, html });
        Ok(())
    }
}

fn shell(edition: Edition, header: Html, footer: Html) -> ShellView<'static> {
    let lang = edition.lang();
    ShellView {
        lang: lang.into(),
        dir: edition.dir().into(),
        country: lang.get(3..).unwrap_or_default().into(),
        currency: edition.currency().into(),
        store_name: "Nimbus".into(),
        home_url: "/".into(),
        theme_color: "#2f4a5c".into(),
        og_locale: lang.replace('-', "_").into(),
        manifest_url: None,
        header,
        footer,
    }
}

/// A picture of the demo shop at `/media/<stem>.jpg`.
fn picture(stem: &str, slot: Slot, alt: &'static str) -> Picture<'static> {
    let (width, height) = if stem == "home-hero" { (2000, 1000) } else { (1600, 1200) };
    let src = format!("/media/{stem}.jpg");
    let set = |extension: &str| {
        let one = |w: &u32| format!("/media/{stem}.{extension}?w={w} {w}w");
        slot.widths().iter().map(one).collect::<Vec<_>>().join(", ")
    };
    Picture {
        sources: vec![Source { kind: "image/jpeg".into(), srcset: set("jpg").into() }],
        srcset: "".into(),
        sizes: slot.sizes().into(),
        src: src.into(),
        width,
        height,
        alt: alt.into(),
        alt_lang: None,
        eager: matches!(slot, Slot::Hero),
    }
}
