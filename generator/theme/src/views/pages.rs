//! Views of whole pages.

use serde::Serialize;

use super::{
    AvailabilityView, Crumb, Head, Html, Link, Pager, Picture, Point, PriceView, RatingView, Text, Tile,
    TocEntry, View,
};

/// The home page of an edition.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HomePage<'a> {
    /// What stands in `<head>`.
    pub head: Head<'a>,
    /// The wide picture ([`Slot::Hero`](super::Slot::Hero)), eager; its left third is free for text.
    pub hero: Option<Picture<'a>>,
    /// The `<h1>`.
    pub headline: Text<'a>,
    /// A sentence under it; may be empty.
    pub lead: Text<'a>,
    /// The one button.
    pub call_to_action: Option<Link<'a>>,
    /// Promises under the hero, at most four.
    pub points: Vec<Point<'a>>,
    /// Categories.
    pub tiles: Vec<Tile<'a>>,
    /// Rendered cards of the featured products.
    pub cards: Vec<Html>,
    /// The page's text, rendered Markdown; may be empty.
    pub story: Html,
}

impl View for HomePage<'_> {
    const TEMPLATE: &'static str = "home.html";
}

/// One page of a category's listing.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CategoryPage<'a> {
    /// What stands in `<head>`.
    pub head: Head<'a>,
    /// The way here.
    pub breadcrumb: Vec<Crumb<'a>>,
    /// The `<h1>`.
    pub name: Text<'a>,
    /// Rendered Markdown, on the first page of the listing; may be empty.
    pub intro: Html,
    /// Categories below or beside this one.
    pub subcategories: Vec<Link<'a>>,
    /// '12 products'.
    pub count: Text<'a>,
    /// Rendered cards.
    pub cards: Vec<Html>,
    /// None when everything is on one page.
    pub pager: Option<Pager<'a>>,
}

impl View for CategoryPage<'_> {
    const TEMPLATE: &'static str = "category.html";
}

/// The page of one variant of a product.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProductPage<'a> {
    /// What stands in `<head>`.
    pub head: Head<'a>,
    /// The way here.
    pub breadcrumb: Vec<Crumb<'a>>,
    /// Brand; left out where it equals the store.
    pub brand: Option<Text<'a>>,
    /// The `<h1>`.
    pub name: Text<'a>,
    /// The variant in words, such as '140 × 200 cm, medium'; may be empty.
    pub variant: Text<'a>,
    /// One or two sentences; may be empty.
    pub summary: Text<'a>,
    /// Language of name, summary and description where they fell back.
    pub text_lang: Option<Text<'a>>,
    /// A rendered [`GalleryView`](super::GalleryView).
    pub gallery: Html,
    /// What can be chosen; empty when there is one variant.
    pub options: Vec<OptionGroup<'a>>,
    /// Price of this variant.
    pub price: PriceView<'a>,
    /// Sentence on tax, such as 'incl. VAT'; may be empty.
    pub tax_note: Text<'a>,
    /// The page on delivery and its cost, linked behind the tax note.
    pub delivery: Option<Link<'a>>,
    /// Further sentences the country's law asks for.
    pub legal_notes: Vec<Text<'a>>,
    /// Whether this variant can be had.
    pub availability: AvailabilityView<'a>,
    /// 'Delivery in 2-4 working days'.
    pub delivery_estimate: Option<Text<'a>>,
    /// None while the shop takes no orders.
    pub buy: Option<BuyForm<'a>>,
    /// Guarantee, returns and the like, at most four.
    pub points: Vec<Point<'a>>,
    /// What a bundle is made of.
    pub parts: Vec<BundlePart<'a>>,
    /// The description, rendered Markdown.
    pub description: Html,
    /// A rendered [`SpecView`](super::SpecView); may be empty.
    pub specs: Html,
    /// Stars under the name, linked to the reviews.
    pub rating: Option<RatingView<'a>>,
    /// A rendered [`ReviewsView`](super::ReviewsView); may be empty.
    pub reviews: Html,
    /// Rendered cards of related products.
    pub related: Vec<Html>,
}

impl View for ProductPage<'_> {
    const TEMPLATE: &'static str = "product.html";
}

/// One thing variants differ in.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OptionGroup<'a> {
    /// 'Size'.
    pub label: Text<'a>,
    /// The choices in order.
    pub values: Vec<OptionValue<'a>>,
}

/// One choice: a link to the variant that has it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OptionValue<'a> {
    /// '140 × 200 cm'.
    pub label: Text<'a>,
    /// Page of the variant; none when no variant has this choice together with the others.
    pub url: Option<Text<'a>>,
    /// Small JPEG for choices one sees, such as a colour.
    pub thumb: Option<Text<'a>>,
    /// Whether the variant shown has it.
    pub selected: bool,
    /// Whether its variant is sold out.
    pub sold_out: bool,
}

/// The form that puts a variant into the cart; works without script.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BuyForm<'a> {
    /// Where it is posted, such as `/ch-fr/cart/`.
    pub action: Text<'a>,
    /// The variant.
    pub sku: Text<'a>,
    /// Highest quantity offered, at least 1.
    pub max: u32,
    /// Whether it can be bought now; false shows a disabled button.
    pub enabled: bool,
}

/// One thing a bundle contains.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BundlePart<'a> {
    /// Name with its variant.
    pub name: Text<'a>,
    /// '2 ×'.
    pub quantity: Text<'a>,
    /// Its page, where it is sold alone.
    pub url: Option<Text<'a>>,
    /// Its picture ([`Slot::Thumb`](super::Slot::Thumb)) with an empty alt text.
    pub picture: Option<Picture<'a>>,
}

/// A page of text.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ContentPage<'a> {
    /// What stands in `<head>`.
    pub head: Head<'a>,
    /// The way here.
    pub breadcrumb: Vec<Crumb<'a>>,
    /// The `<h1>`.
    pub title: Text<'a>,
    /// A sentence under it; may be empty.
    pub lead: Text<'a>,
    /// 'Updated on 1 October 2026'.
    pub updated: Option<Text<'a>>,
    /// The headings; shown when there are at least three.
    pub toc: Vec<TocEntry<'a>>,
    /// Rendered Markdown.
    pub body: Html,
}

impl View for ContentPage<'_> {
    const TEMPLATE: &'static str = "content.html";
}

/// A page of questions and answers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FaqPage<'a> {
    /// What stands in `<head>`.
    pub head: Head<'a>,
    /// The way here.
    pub breadcrumb: Vec<Crumb<'a>>,
    /// The `<h1>`.
    pub title: Text<'a>,
    /// A sentence under it; may be empty.
    pub lead: Text<'a>,
    /// The headings; shown when there are at least three.
    pub toc: Vec<TocEntry<'a>>,
    /// Rendered Markdown with its `<details>`.
    pub body: Html,
    /// Where to ask further: page or mail address.
    pub contact: Option<Link<'a>>,
}

impl View for FaqPage<'_> {
    const TEMPLATE: &'static str = "faq.html";
}

/// A legal page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LegalPage<'a> {
    /// What stands in `<head>`.
    pub head: Head<'a>,
    /// The way here.
    pub breadcrumb: Vec<Crumb<'a>>,
    /// The `<h1>`.
    pub title: Text<'a>,
    /// 'As of 1 October 2026'.
    pub as_of: Option<Text<'a>>,
    /// That the text is a sample, where it is one.
    pub sample_notice: Option<Text<'a>>,
    /// The headings; shown when there are at least three.
    pub toc: Vec<TocEntry<'a>>,
    /// Rendered Markdown.
    pub body: Html,
}

impl View for LegalPage<'_> {
    const TEMPLATE: &'static str = "legal.html";
}

/// All countries and their languages, at `/`.
///
/// It belongs to no edition: its shell has an empty header and footer and the language of `x-default`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CountryChooser<'a> {
    /// What stands in `<head>`.
    pub head: Head<'a>,
    /// The `<h1>`.
    pub title: Text<'a>,
    /// A sentence under it; may be empty.
    pub lead: Text<'a>,
    /// Countries in groups; one group without a label shows no heading.
    pub regions: Vec<ChooserRegion<'a>>,
}

impl View for CountryChooser<'_> {
    const TEMPLATE: &'static str = "chooser.html";
}

/// A group of countries.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ChooserRegion<'a> {
    /// 'Europe'; may be empty.
    pub label: Text<'a>,
    /// Its countries.
    pub countries: Vec<ChooserCountry<'a>>,
}

/// One country.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ChooserCountry<'a> {
    /// ISO code, upper case.
    pub code: Text<'a>,
    /// Its name in its first language.
    pub name: Text<'a>,
    /// That language.
    pub lang: Text<'a>,
    /// `ltr` or `rtl`.
    pub dir: Text<'a>,
    /// ISO currency code.
    pub currency: Text<'a>,
    /// Its editions; the first is the country's default.
    pub editions: Vec<ChooserEdition<'a>>,
}

/// One language of a country.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ChooserEdition<'a> {
    /// The language's own name.
    pub label: Text<'a>,
    /// BCP 47 tag.
    pub lang: Text<'a>,
    /// `ltr` or `rtl`.
    pub dir: Text<'a>,
    /// Home page of the edition.
    pub url: Text<'a>,
}

/// What is shown for an address that is not there, one for each edition.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NotFoundPage<'a> {
    /// What stands in `<head>`.
    pub head: Head<'a>,
    /// Places to go on.
    pub links: Vec<Link<'a>>,
    /// Rendered cards of featured products.
    pub cards: Vec<Html>,
}

impl View for NotFoundPage<'_> {
    const TEMPLATE: &'static str = "not_found.html";
}

/// A page that leads elsewhere, for hosts that know no redirects; needs no shell values but `lang`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RedirectPage<'a> {
    /// Where to, absolute or from the root.
    pub url: Text<'a>,
    /// Absolute URL of the target.
    pub canonical: Text<'a>,
    /// What the link says.
    pub label: Text<'a>,
}

impl View for RedirectPage<'_> {
    const TEMPLATE: &'static str = "redirect.html";
}
