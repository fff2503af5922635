//! Responsive pictures: what the renditions of an original are called, and the studio that makes them.
//!
//! A [`Rendition`] is a name before it is a file: its address is the hash of the original and of every
//! parameter that shapes its bytes, so pages can be written while pictures are still being encoded, and a
//! file once made is right for ever. The [`Studio`] encodes what is missing. The same original gives the
//! same bytes at any thread count: each picture is encoded by one thread, and threads share pictures out.

mod decode;
mod error;
mod rendition;
mod studio;

pub use decode::{MAX_PIXELS, measure};
pub use error::PictureError;
pub use rendition::{Rendition, scaled_height};
pub use studio::Studio;
pub use vitrine_codec::Format;
