//! The theme: typed templates and assets.
//!
//! The generator fills the structs of [`views`]; this crate turns them into bytes and owns the
//! stylesheet, script and drawings that go with them. It knows no database and no catalog.
//!
//! A [`Theme`] is loaded once. Per language there are [`Words`], per edition a [`Shell`]; fragments
//! (header, cards, galleries) are rendered once with [`Theme::fragment`] and spliced as [`Html`] into
//! the pages of [`Theme::render`].

mod assets;
mod error;
mod files;
mod html;
mod letters;
pub mod samples;
mod source;
mod theme;
pub mod views;
mod words;

pub use assets::Asset;
pub use error::ThemeError;
pub use html::Html;
pub use letters::Written;
pub use theme::{Shell, Theme};
pub use views::{Fragment, View};
pub use words::{Messages, Words};
