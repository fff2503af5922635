//! The views: one struct for each template, filled by the generator.
//!
//! Views are plain data. Money, dates and counts arrive as finished text in the page's language,
//! addresses as finished URLs; the theme formats nothing and looks nothing up. Text is borrowed
//! where it can be ([`Text`]), and pieces that many pages share arrive as finished [`Html`].

mod fragments;
mod letters;
mod pages;
mod parts;

use std::borrow::Cow;

use serde::Serialize;

pub use crate::html::Html;
pub use fragments::{
    AlternateLink, AlternatesView, CalloutKind, CalloutView, CardRowView, CardView, FaqItem, FaqView,
    FooterColumn, FooterView, GalleryView, HeaderView, OrganizationView, PictureFigureView, ReviewBar,
    ReviewView, ReviewsView, SpecRow, SpecView,
};
pub use letters::{
    LetterBlock, LetterKind, LetterLine, LetterOrder, LetterSums, LetterTax, LetterView, Shipped,
    WithdrawalView,
};
pub use pages::{
    BundlePart, BuyForm, CategoryPage, ChooserCountry, ChooserEdition, ChooserRegion, ContentPage,
    CountryChooser, FaqPage, HomePage, LegalPage, NotFoundPage, OptionGroup, OptionValue, ProductPage,
    RedirectPage,
};
pub use parts::{
    AvailabilityState, AvailabilityView, Crumb, Head, Icon, LanguageLink, Link, OgImage, OpenGraph, PageLink,
    Pager, Picture, Point, Preload, PriceView, RatingView, ShellView, Slot, Source, Tile, TocEntry,
};

/// Text that a view borrows, or owns when it was formatted for it. Escaped by the templates.
pub type Text<'a> = Cow<'a, str>;

/// A struct that fills a whole page: it has a [`Head`] and is rendered inside a shell.
pub trait View: Serialize {
    /// The template's path below `templates/`.
    const TEMPLATE: &'static str;
}

/// A struct that fills a piece of a page, rendered once and spliced as [`Html`].
pub trait Fragment: Serialize {
    /// The template's path below `templates/`.
    const TEMPLATE: &'static str;
}
