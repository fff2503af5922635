//! Views of pieces that are rendered once and spliced into many pages.

use serde::Serialize;

use super::{AvailabilityView, Fragment, Html, LanguageLink, Link, Picture, PriceView, RatingView, Text};

/// The top of every page of an edition.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HeaderView<'a> {
    /// The brand, shown where there is no logo.
    pub store_name: Text<'a>,
    /// The logo ([`Slot::Thumb`](super::Slot::Thumb)); its alt text is the brand.
    pub logo: Option<Picture<'a>>,
    /// The edition's home page.
    pub home_url: Text<'a>,
    /// One short line over the header, such as the delivery promise.
    pub announcement: Option<Text<'a>>,
    /// Main menu.
    pub nav: Vec<Link<'a>>,
    /// Search page, where there is one.
    pub search_url: Option<Text<'a>>,
    /// Cart, where there is one.
    pub cart_url: Option<Text<'a>>,
    /// The page that lists all countries.
    pub chooser_url: Text<'a>,
    /// Name of this country in the edition's language.
    pub country_name: Text<'a>,
    /// ISO currency code.
    pub currency: Text<'a>,
    /// All languages of this country; shown when there are several.
    pub languages: Vec<LanguageLink<'a>>,
}

impl Fragment for HeaderView<'_> {
    const TEMPLATE: &'static str = "fragments/header.html";
}

/// The bottom of every page of an edition.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FooterView<'a> {
    /// The brand.
    pub store_name: Text<'a>,
    /// Groups of links.
    pub columns: Vec<FooterColumn<'a>>,
    /// Imprint, terms, privacy.
    pub legal_links: Vec<Link<'a>>,
    /// Sentences on tax and delivery.
    pub legal_notes: Vec<Text<'a>>,
    /// Names of the ways to pay.
    pub payment_methods: Vec<Text<'a>>,
    /// Who runs the shop.
    pub organization: OrganizationView<'a>,
    /// The page that lists all countries.
    pub chooser_url: Text<'a>,
    /// Name of this country in the edition's language.
    pub country_name: Text<'a>,
    /// ISO currency code.
    pub currency: Text<'a>,
    /// All languages of this country; shown when there are several.
    pub languages: Vec<LanguageLink<'a>>,
    /// '© 2026 Nimbus'.
    pub copyright: Text<'a>,
    /// That this is a sample shop, where it is one.
    pub sample_notice: Option<Text<'a>>,
}

impl Fragment for FooterView<'_> {
    const TEMPLATE: &'static str = "fragments/footer.html";
}

/// A group of links in the footer.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FooterColumn<'a> {
    /// Heading.
    pub title: Text<'a>,
    /// Entries.
    pub links: Vec<Link<'a>>,
}

/// The company behind the shop.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OrganizationView<'a> {
    /// Name in the register.
    pub legal_name: Text<'a>,
    /// Address, line by line.
    pub address: Vec<Text<'a>>,
    /// Where to write.
    pub email: Text<'a>,
    /// Where to call; may be empty.
    pub phone: Text<'a>,
}

/// A product in a listing: one for each product and edition.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CardView<'a> {
    /// The product's page.
    pub url: Text<'a>,
    /// Its first picture ([`Slot::Card`](super::Slot::Card)), lazy.
    pub picture: Option<Picture<'a>>,
    /// Brand; left out where it equals the store.
    pub brand: Option<Text<'a>>,
    /// Name of the product.
    pub name: Text<'a>,
    /// Language of name and summary where they fell back.
    pub name_lang: Option<Text<'a>>,
    /// A short line under the name.
    pub summary: Option<Text<'a>>,
    /// Price, or 'from' the lowest one.
    pub price: PriceView<'a>,
    /// Whether it can be had; the card shows it unless it is simply in stock.
    pub availability: AvailabilityView<'a>,
    /// Stars, where there are reviews.
    pub rating: Option<RatingView<'a>>,
    /// A word on the picture, such as 'New' or '-20 %'.
    pub badge: Option<Text<'a>>,
}

impl Fragment for CardView<'_> {
    const TEMPLATE: &'static str = "fragments/card.html";
}

/// The pictures of a product: one for each product, language and leading picture.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GalleryView<'a> {
    /// Pictures for [`Slot::Gallery`](super::Slot::Gallery); the first is `eager`. May be empty.
    pub pictures: Vec<Picture<'a>>,
    /// Small JPEG of each picture, in the same order; empty when there is only one picture.
    pub thumbs: Vec<Text<'a>>,
}

impl Fragment for GalleryView<'_> {
    const TEMPLATE: &'static str = "fragments/gallery.html";
}

/// The table of a product's facts: one for each product and language.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SpecView<'a> {
    /// Facts in the order of the product type.
    pub rows: Vec<SpecRow<'a>>,
}

impl Fragment for SpecView<'_> {
    const TEMPLATE: &'static str = "fragments/specs.html";
}

/// One fact.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SpecRow<'a> {
    /// What it is: 'Height'.
    pub label: Text<'a>,
    /// '24 cm'.
    pub value: Text<'a>,
    /// Language of the value where it fell back.
    pub lang: Option<Text<'a>>,
}

/// All editions of a page: one for each page, in every edition the same.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AlternatesView<'a> {
    /// Including this page itself and `x-default`.
    pub links: Vec<AlternateLink<'a>>,
}

impl Fragment for AlternatesView<'_> {
    const TEMPLATE: &'static str = "fragments/alternates.html";
}

/// One edition of a page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AlternateLink<'a> {
    /// BCP 47 tag or `x-default`.
    pub hreflang: Text<'a>,
    /// Absolute URL.
    pub url: Text<'a>,
}

/// The reviews of a product: one for each product and edition.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReviewsView<'a> {
    /// BCP 47 tag of the edition: marks our words inside reviews of other languages.
    pub lang: Text<'a>,
    /// The average.
    pub rating: RatingView<'a>,
    /// How many gave 5, 4, 3, 2 and 1 stars.
    pub bars: Vec<ReviewBar<'a>>,
    /// The ones shown, newest first.
    pub reviews: Vec<ReviewView<'a>>,
}

impl Fragment for ReviewsView<'_> {
    const TEMPLATE: &'static str = "fragments/reviews.html";
}

/// How many gave this many stars.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReviewBar<'a> {
    /// '5', in the page's digits.
    pub stars: Text<'a>,
    /// '83', in the page's digits.
    pub count: Text<'a>,
    /// Share of all reviews, 0 to 100.
    pub percent: u8,
}

/// What one buyer wrote.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReviewView<'a> {
    /// Half stars, 0 to 10.
    pub halves: u8,
    /// '5 out of 5 stars'.
    pub label: Text<'a>,
    /// Heading; may be empty.
    pub title: Text<'a>,
    /// Text without markup.
    pub body: Text<'a>,
    /// Name, or 'Verified buyer'.
    pub author: Text<'a>,
    /// Date as shown.
    pub date: Text<'a>,
    /// Date for machines, `2026-05-02`.
    pub date_iso: Text<'a>,
    /// Language it was written in where that is not the page's.
    pub lang: Option<Text<'a>>,
}

/// `:::callout` of Markdown.
#[derive(Debug, Clone, Serialize)]
pub struct CalloutView {
    /// Decides title and colour.
    pub kind: CalloutKind,
    /// Rendered Markdown.
    pub body: Html,
}

impl Fragment for CalloutView {
    const TEMPLATE: &'static str = "fragments/callout.html";
}

/// The kinds of [`CalloutView`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CalloutKind {
    /// Advice.
    Tip,
    /// An aside.
    Note,
    /// To be careful about.
    Warning,
}

/// `:::faq` of Markdown.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FaqView<'a> {
    /// Questions in order.
    pub items: Vec<FaqItem<'a>>,
}

impl Fragment for FaqView<'_> {
    const TEMPLATE: &'static str = "fragments/faq.html";
}

/// A question and its answer.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FaqItem<'a> {
    /// Id to link to, without `#`.
    pub anchor: Text<'a>,
    /// The question, plain text.
    pub question: Text<'a>,
    /// The answer, rendered Markdown.
    pub answer: Html,
}

/// `::picture` of Markdown.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PictureFigureView<'a> {
    /// The picture ([`Slot::Figure`](super::Slot::Figure)).
    pub picture: Picture<'a>,
    /// Text under it.
    pub caption: Option<Text<'a>>,
}

impl Fragment for PictureFigureView<'_> {
    const TEMPLATE: &'static str = "fragments/figure.html";
}

/// `::product` of Markdown.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CardRowView {
    /// Rendered [`CardView`]s.
    pub cards: Vec<Html>,
}

impl Fragment for CardRowView {
    const TEMPLATE: &'static str = "fragments/card_row.html";
}
