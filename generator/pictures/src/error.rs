//! What can be wrong with a picture.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

/// Why a picture could not be read, encoded or stored.
#[derive(Debug, Clone, Error)]
pub enum PictureError {
    /// The original is not in the folder of originals, or cannot be read.
    #[error("cannot read picture {}: {cause}", file.display())]
    Unreadable {
        /// The original.
        file: PathBuf,
        /// What the system said.
        cause: Arc<io::Error>,
    },
    /// The bytes are not a whole JPEG or PNG picture.
    #[error("{} is not a whole JPEG or PNG picture: {reason}", file.display())]
    Broken {
        /// The original.
        file: PathBuf,
        /// What the decoder said.
        reason: String,
    },
    /// The picture has more pixels than [`MAX_PIXELS`](crate::MAX_PIXELS).
    #[error("{} is too large: {width} x {height} pixels, at most 100 megapixels are allowed", file.display())]
    TooLarge {
        /// The original.
        file: PathBuf,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// The rendition was planned for an original of another shape.
    #[error("{} is {width} x {height} pixels, which is not the shape its renditions were planned for", file.display())]
    OtherShape {
        /// The original.
        file: PathBuf,
        /// Its real width in pixels.
        width: u32,
        /// Its real height in pixels.
        height: u32,
    },
    /// The encoder refused the picture.
    #[error("cannot encode {}: {reason}", file.display())]
    Unencodable {
        /// The original.
        file: PathBuf,
        /// What the encoder said.
        reason: String,
    },
    /// The rendition cannot be written.
    #[error("cannot write {}: {cause}", file.display())]
    Unwritable {
        /// The rendition's file or the folder it belongs in.
        file: PathBuf,
        /// What the system said.
        cause: Arc<io::Error>,
    },
}
