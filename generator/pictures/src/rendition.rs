//! Which renditions exist, and what they are called.

use vitrine_codec::{ENCODER_REVISION, Format, quality};
use vitrine_core::{ContentHash, Hasher};

/// One encoding of an original at one width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rendition {
    source: ContentHash,
    width: u32,
    height: u32,
    format: Format,
}

impl Rendition {
    /// An original of `width` x `height` pixels scaled to `to` pixels across, never up.
    pub fn new(source: ContentHash, (width, height): (u32, u32), to: u32, format: Format) -> Self {
        let to = to.min(width).max(1);
        Self { source, width: to, height: scaled_height(to, width, height), format }
    }

    /// The hash of the original's bytes.
    pub fn source(&self) -> ContentHash {
        self.source
    }

    /// The width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The height in pixels: [`scaled_height`] of the original.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// How it is encoded.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The path below a site's root, without a leading slash: `media/<16 hex digits>.avif`.
    ///
    /// The digits are the hash of the original, width, format, quality and encoder revision, so a
    /// changed parameter is a new address and an address never changes its bytes.
    pub fn path(&self) -> String {
        format!("media/{}", self.file_name())
    }

    pub(crate) fn file_name(&self) -> String {
        let hash = Hasher::new("rendition")
            .hash(&self.source)
            .int(i64::from(self.width))
            .field(self.format.extension().as_bytes())
            .int(i64::from(quality(self.format)))
            .int(ENCODER_REVISION)
            .finish();
        let mut name = hash.hex();
        name.truncate(16);
        name.push('.');
        name.push_str(self.format.extension());
        name
    }
}

/// The height of a picture of `width` x `height` pixels scaled to `to` pixels of width.
///
/// It is `to * height / width` to the nearest pixel, a half upwards, and at least 1. Width and height
/// attributes use the same rule, so a page reserves exactly the shape that arrives.
pub fn scaled_height(to: u32, width: u32, height: u32) -> u32 {
    let (to, width, height) = (u64::from(to), u64::from(width.max(1)), u64::from(height));
    let rounded = (2 * to * height + width) / (2 * width);
    u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn source() -> ContentHash {
        ContentHash::of(b"an original")
    }

    #[test]
    fn a_name_depends_on_source_width_and_format() {
        let mut names = BTreeSet::new();
        for source in [ContentHash::of(b"one"), ContentHash::of(b"two")] {
            for to in [320, 640] {
                for format in [Format::Avif, Format::Jpeg] {
                    let path = Rendition::new(source, (1600, 1200), to, format).path();
                    assert!(path.starts_with("media/") && path.ends_with(format.extension()), "{path}");
                    assert_eq!(path.len(), "media/".len() + 17 + format.extension().len());
                    names.insert(path);
                }
            }
        }
        assert_eq!(names.len(), 8);
    }

    #[test]
    fn widths_beyond_the_original_are_one_file() {
        let at = |to| Rendition::new(source(), (1000, 750), to, Format::Avif);
        assert_eq!((at(1600).width(), at(1600).height()), (1000, 750));
        assert_eq!(at(1600).path(), at(1200).path());
        assert_ne!(at(1600).path(), at(800).path());
    }

    #[test]
    fn heights_round_to_the_nearest_pixel_and_never_vanish() {
        assert_eq!(scaled_height(480, 1600, 1200), 360);
        assert_eq!(scaled_height(320, 1333, 1000), 240);
        assert_eq!(scaled_height(1, 2, 3), 2);
        assert_eq!(scaled_height(320, 100_000, 1), 1);
    }

    proptest! {
        #[test]
        fn nothing_is_scaled_up_and_the_shape_is_kept(width in 1u32..6000, height in 1u32..6000, to in 0u32..4000) {
            let made = Rendition::new(source(), (width, height), to, Format::Jpeg);
            prop_assert!((1..=width).contains(&made.width()));
            prop_assert!((1..=height).contains(&made.height()));
            let exact = f64::from(made.width()) * f64::from(height) / f64::from(width);
            prop_assert!((f64::from(made.height()) - exact).abs() <= 0.5 || made.height() == 1);
        }
    }
}
