//! Content pages, navigation, pictures and interface strings.
//!
//! [`Content`] is the door to what is stored. [`markdown`] and [`Strings`] are pure: they turn what is stored
//! into what pages show.

mod domain;
mod door;
mod error;
mod link;
mod load;
pub mod markdown;
mod pages;
mod shared;
mod strings;

pub use domain::{
    AltTexts, FooterColumn, Media, Navigation, PageFacts, PageInput, PageKind, PageText, StringsFile,
};
pub use door::{Content, MODULE, Written};
pub use error::Error;
/// A link is what it leads to.
pub use link::LinkTarget as Link;
pub use link::{LinkError, LinkTarget};
pub use load::{ContentSet, Page};
pub use markdown::{CalloutKind, Rich, Segment};
pub use strings::{Arg, Message, Strings, StringsError, Text, messages};
