//! The theme: typed templates and assets.
//!
//! The generator fills the structs of [`views`]; this crate turns them into bytes and owns the
//! stylesheet, script and drawings that go with them. It knows no database and no catalog.

mod html;
pub mod views;

pub use html::Html;
