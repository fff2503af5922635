//! What several views are made of.

use serde::Serialize;

use super::{Html, Text};

/// What all pages of one edition (country and locale) share.
#[derive(Debug, Clone, Serialize)]
pub struct ShellView<'a> {
    /// BCP 47 tag of the edition, such as `de-CH`.
    pub lang: Text<'a>,
    /// `ltr` or `rtl`.
    pub dir: Text<'a>,
    /// ISO country code, upper case.
    pub country: Text<'a>,
    /// ISO currency code.
    pub currency: Text<'a>,
    /// The brand.
    pub store_name: Text<'a>,
    /// The edition's home page, such as `/ch-de/`.
    pub home_url: Text<'a>,
    /// Browser chrome colour, `#rrggbb`.
    pub theme_color: Text<'a>,
    /// `og:locale`, such as `de_CH`.
    pub og_locale: Text<'a>,
    /// The web manifest of the edition, where there is one.
    pub manifest_url: Option<Text<'a>>,
    /// A rendered [`HeaderView`](super::HeaderView).
    pub header: Html,
    /// A rendered [`FooterView`](super::FooterView).
    pub footer: Html,
}

/// What stands in the `<head>` of a page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Head<'a> {
    /// The whole `<title>`.
    pub title: Text<'a>,
    /// For search engines; no tag when empty.
    pub description: Text<'a>,
    /// Absolute canonical URL; none on pages that are not indexed.
    pub canonical: Option<Text<'a>>,
    /// `<link rel="alternate" hreflang>` of all editions including x-default
    /// (a rendered [`AlternatesView`](super::AlternatesView)).
    pub alternates: Html,
    /// Content of the robots tag, such as `noindex`.
    pub robots: Option<Text<'a>>,
    /// OpenGraph; none on pages nobody shares.
    pub og: Option<OpenGraph<'a>>,
    /// JSON-LD documents, each made by [`Html::json`].
    pub json_ld: Vec<Html>,
    /// The picture that decides when the page looks finished.
    pub preload: Option<Preload<'a>>,
    /// Addresses of the pages before and after in a paginated listing.
    pub prev: Option<Text<'a>>,
    /// See `prev`.
    pub next: Option<Text<'a>>,
}

/// OpenGraph tags of a page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OpenGraph<'a> {
    /// `website`, `product` or `article`.
    pub kind: Text<'a>,
    /// Title without the store's name.
    pub title: Text<'a>,
    /// One or two sentences.
    pub description: Text<'a>,
    /// The picture shown when the page is shared.
    pub image: Option<OgImage<'a>>,
    /// `product:price:amount` (decimal, `499.00`) with the shell's currency.
    pub price: Option<Text<'a>>,
}

/// A picture for OpenGraph.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OgImage<'a> {
    /// Absolute URL of a JPEG.
    pub url: Text<'a>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Alt text.
    pub alt: Text<'a>,
}

/// A preloaded picture: the same values as in its [`Picture`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct Preload<'a> {
    /// The set the browser chooses from.
    pub srcset: Text<'a>,
    /// [`Slot::sizes`] of the slot it stands in.
    pub sizes: Text<'a>,
    /// Media type of the set, such as `image/avif`.
    pub kind: Text<'a>,
}

/// A responsive picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Picture<'a> {
    /// Sets in better formats, best first; empty for external pictures.
    pub sources: Vec<Source<'a>>,
    /// The JPEG for whatever reads neither `sources` nor `srcset`, about 960 pixels wide.
    pub src: Text<'a>,
    /// JPEG set, `url 480w, url 960w`, for pictures without `sources`. With them it is better left empty:
    /// what cannot read AVIF is rare and does well with `src` alone, and a set costs 150 bytes a picture.
    pub srcset: Text<'a>,
    /// [`Slot::sizes`] of the slot it stands in.
    pub sizes: Text<'a>,
    /// Of the original, in pixels: reserves the space.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// Alt text; empty when the picture only decorates.
    pub alt: Text<'a>,
    /// Language of the alt text where it fell back to another one.
    pub alt_lang: Option<Text<'a>>,
    /// Loaded at once and with high priority: the one picture at the top of a page.
    pub eager: bool,
}

/// A set of one picture in one format.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Source<'a> {
    /// Media type, such as `image/avif`.
    pub kind: Text<'a>,
    /// `url 480w, url 960w`.
    pub srcset: Text<'a>,
}

/// A place for a picture in the layout: the stylesheet and these values go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// The wide picture of the home page, 2:1.
    Hero,
    /// The large picture of a product page, 4:3.
    Gallery,
    /// A product card, 4:3.
    Card,
    /// A category tile, 4:3.
    Tile,
    /// A picture in running text.
    Figure,
    /// A small picture: thumbnails, parts of a bundle, options.
    Thumb,
}

impl Slot {
    /// Every slot.
    pub const ALL: [Slot; 6] = [Slot::Hero, Slot::Gallery, Slot::Card, Slot::Tile, Slot::Figure, Slot::Thumb];

    /// Value of the `sizes` attribute.
    pub fn sizes(self) -> &'static str {
        match self {
            Slot::Hero => "100vw",
            Slot::Gallery => "(min-width:56rem) 50vw, 100vw",
            Slot::Card => "(min-width:56rem) 22vw, 46vw",
            Slot::Tile => "(min-width:48rem) 30vw, 46vw",
            Slot::Figure => "(min-width:48rem) 42rem, 92vw",
            Slot::Thumb => "6rem",
        }
    }

    /// Widths in pixels worth encoding for this slot, smallest first.
    pub fn widths(self) -> &'static [u32] {
        match self {
            Slot::Hero => &[720, 1280, 2000],
            Slot::Gallery => &[480, 960, 1600],
            Slot::Card => &[320, 640],
            Slot::Tile => &[480, 960],
            Slot::Figure => &[480, 960, 1600],
            Slot::Thumb => &[240],
        }
    }
}

/// A link.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Link<'a> {
    /// What it says.
    pub label: Text<'a>,
    /// Where it leads.
    pub url: Text<'a>,
}

/// One step of a breadcrumb; the page itself is the last and has no URL.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Crumb<'a> {
    /// Name of the page.
    pub label: Text<'a>,
    /// Its address, none for the page shown.
    pub url: Option<Text<'a>>,
}

/// The same country in another language.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LanguageLink<'a> {
    /// The language's own name.
    pub label: Text<'a>,
    /// BCP 47 tag, for `lang` and `hreflang`.
    pub lang: Text<'a>,
    /// Its home page.
    pub url: Text<'a>,
    /// Whether this is the edition shown.
    pub current: bool,
}

/// A tile that leads to a category.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Tile<'a> {
    /// Name of the category.
    pub label: Text<'a>,
    /// Its address.
    pub url: Text<'a>,
    /// Its picture ([`Slot::Tile`]) with an empty alt text: the name says it.
    pub picture: Option<Picture<'a>>,
}

/// A promise of the shop in a few words: free delivery, nights to try.
#[derive(Debug, Clone, Serialize)]
pub struct Point<'a> {
    /// The drawing beside it.
    pub icon: Icon,
    /// A few words.
    pub title: Text<'a>,
    /// A short sentence, may be empty.
    pub text: Text<'a>,
    /// A page that says more.
    pub url: Option<Text<'a>>,
}

/// The drawings of `assets/icons.svg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Icon {
    /// Nights to try.
    Moon,
    /// Delivery.
    Truck,
    /// Returns.
    Return,
    /// Guarantee.
    Shield,
    /// Materials.
    Leaf,
    /// Payment.
    Card,
    /// Somebody to talk to.
    Chat,
}

/// A price as it is shown.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PriceView<'a> {
    /// The price with its currency; on cards of several variants already 'from 499 €'.
    pub text: Text<'a>,
    /// What it is compared with, struck through.
    pub compare_at: Option<Text<'a>>,
    /// What is saved, 'Save 100 €'.
    pub save: Option<Text<'a>>,
    /// The lowest price of the 30 days before, as a whole sentence.
    pub prior: Option<Text<'a>>,
}

/// Whether it can be had.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AvailabilityView<'a> {
    /// Decides colour and drawing.
    pub state: AvailabilityState,
    /// 'In stock'.
    pub text: Text<'a>,
}

/// The states of [`AvailabilityView`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AvailabilityState {
    /// In stock.
    #[default]
    In,
    /// Few left.
    Low,
    /// Sold out.
    Out,
    /// Can be ordered, delivered later.
    Backorder,
}

/// Stars.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RatingView<'a> {
    /// '4.6', in the page's digits.
    pub value: Text<'a>,
    /// Half stars shown, 0 to 10.
    pub halves: u8,
    /// '128 reviews' on product pages, '128' or '(128)' on cards; may be empty.
    pub count: Text<'a>,
    /// For screen readers: '4.6 out of 5 stars'.
    pub label: Text<'a>,
}

/// Where a listing is cut.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Pager<'a> {
    /// 'Page 2 of 5'.
    pub text: Text<'a>,
    /// Address of the page before.
    pub prev: Option<Text<'a>>,
    /// Address of the page after.
    pub next: Option<Text<'a>>,
    /// The pages by number.
    pub links: Vec<PageLink<'a>>,
}

/// One entry of a [`Pager`]; without a URL it is the page shown, or a gap if the label is '…'.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PageLink<'a> {
    /// The number in the page's digits, or '…'.
    pub label: Text<'a>,
    /// Its address.
    pub url: Option<Text<'a>>,
    /// Whether it is the page shown.
    pub current: bool,
}

/// One entry of a table of contents.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TocEntry<'a> {
    /// Id of the heading, without `#`.
    pub anchor: Text<'a>,
    /// Its text.
    pub label: Text<'a>,
}
