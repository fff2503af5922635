//! Content pages, navigation, pictures and interface strings.
//!
//! [`markdown`] and [`Strings`] are pure: they turn what is stored into what pages show.

mod domain;
mod link;
pub mod markdown;
mod strings;

pub use domain::{
    AltTexts, FooterColumn, Media, Navigation, PageFacts, PageInput, PageKind, PageText, StringsFile,
};
/// A link is what it leads to.
pub use link::LinkTarget as Link;
pub use link::{LinkError, LinkTarget};
pub use strings::{Arg, Message, Strings, StringsError, Text, messages};
