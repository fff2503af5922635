//! Which renditions exist, and what they are called.

use vitrine_core::{ContentHash, Hasher};

use crate::encode::{ENCODER_REVISION, quality};

/// How a rendition is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// AV1: about half the JPEG's size.
    Avif,
    /// Progressive JPEG, for what does not read AVIF: old browsers, feeds, link previews.
    Jpeg,
}

impl Format {
    /// The file extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Avif => "avif",
            Self::Jpeg => "jpg",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Avif => "image/avif",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// Where a picture is shown.
///
/// It decides which widths are made and which `sizes` a page states. The ladders share their steps, so a
/// picture shown as a card and in a gallery is encoded once where the widths meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// One product in a grid of products.
    Card,
    /// The large picture of a product page.
    Gallery,
    /// The full-width picture of a home page.
    Hero,
    /// One category in a grid of categories.
    Tile,
    /// A picture within running text.
    Inline,
    /// The picture of a link preview: one JPEG.
    Social,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 6] =
        [Self::Card, Self::Gallery, Self::Hero, Self::Tile, Self::Inline, Self::Social];

    /// The widths made for this purpose in pixels, ascending.
    pub fn widths(self) -> &'static [u32] {
        match self {
            Self::Card => &[320, 480, 640],
            Self::Gallery => &[480, 800, 1200, 1600],
            Self::Hero => &[800, 1200, 1600, 2000],
            Self::Tile => &[480, 800],
            Self::Inline => &[480, 800, 1200],
            Self::Social => &[1200],
        }
    }

    /// The value of the `sizes` attribute: how wide the theme shows such a picture.
    pub fn sizes(self) -> &'static str {
        match self {
            Self::Card => "(min-width: 75rem) 18rem, (min-width: 48rem) 30vw, 46vw",
            Self::Gallery => "(min-width: 75rem) 42rem, (min-width: 48rem) 55vw, 100vw",
            Self::Hero | Self::Social => "100vw",
            Self::Tile => "(min-width: 75rem) 24rem, (min-width: 48rem) 45vw, 92vw",
            Self::Inline => "(min-width: 48rem) 42rem, 92vw",
        }
    }

    fn formats(self) -> &'static [Format] {
        match self {
            Self::Social => &[Format::Jpeg],
            _ => &[Format::Avif, Format::Jpeg],
        }
    }
}

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

/// The renditions of an original of `width` x `height` pixels for one purpose.
///
/// AVIF first, each format by ascending width. Nothing is scaled up: an original narrower than the
/// purpose's largest width ends the ladder with its own width.
pub fn renditions(source: ContentHash, width: u32, height: u32, purpose: Purpose) -> Vec<Rendition> {
    let largest = purpose.widths().iter().copied().max().unwrap_or(width).min(width);
    let mut widths: Vec<u32> = purpose.widths().iter().copied().filter(|step| *step < largest).collect();
    widths.push(largest);
    let made = |format: &Format| {
        let format = *format;
        widths.iter().map(move |&to| Rendition {
            source,
            width: to,
            height: scaled_height(to, width, height),
            format,
        })
    };
    purpose.formats().iter().flat_map(made).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn source() -> ContentHash {
        ContentHash::of(b"an original")
    }

    fn widths(width: u32, purpose: Purpose, format: Format) -> Vec<u32> {
        let all = renditions(source(), width, width, purpose);
        all.iter().filter(|made| made.format() == format).map(Rendition::width).collect()
    }

    #[test]
    fn a_large_original_gets_every_step() {
        assert_eq!(widths(4000, Purpose::Gallery, Format::Avif), [480, 800, 1200, 1600]);
        assert_eq!(widths(4000, Purpose::Gallery, Format::Jpeg), [480, 800, 1200, 1600]);
    }

    #[test]
    fn a_small_original_ends_the_ladder_with_its_own_width() {
        assert_eq!(widths(1000, Purpose::Gallery, Format::Avif), [480, 800, 1000]);
        assert_eq!(widths(300, Purpose::Gallery, Format::Avif), [300]);
        assert_eq!(widths(800, Purpose::Gallery, Format::Avif), [480, 800]);
    }

    #[test]
    fn a_link_preview_is_one_jpeg() {
        let made = renditions(source(), 2000, 1000, Purpose::Social);
        assert_eq!(made.len(), 1);
        assert_eq!((made[0].width(), made[0].height(), made[0].format()), (1200, 600, Format::Jpeg));
    }

    #[test]
    fn avif_comes_first() {
        let formats: Vec<Format> =
            renditions(source(), 640, 480, Purpose::Tile).iter().map(Rendition::format).collect();
        assert_eq!(formats, [Format::Avif, Format::Avif, Format::Jpeg, Format::Jpeg]);
    }

    #[test]
    fn purposes_share_the_file_where_their_widths_meet() {
        let path = |purpose| {
            let all = renditions(source(), 1600, 1200, purpose);
            all.iter().find(|made| made.width() == 480).map(Rendition::path)
        };
        assert!(path(Purpose::Card).is_some());
        assert_eq!(path(Purpose::Card), path(Purpose::Gallery));
    }

    #[test]
    fn a_name_depends_on_source_width_and_format() {
        let mut names = BTreeSet::new();
        for source in [ContentHash::of(b"one"), ContentHash::of(b"two")] {
            for made in renditions(source, 1600, 1200, Purpose::Card) {
                let path = made.path();
                assert!(path.starts_with("media/") && path.ends_with(made.format().extension()), "{path}");
                assert_eq!(path.len(), "media/".len() + 17 + made.format().extension().len());
                names.insert(path);
            }
        }
        assert_eq!(names.len(), 2 * 2 * 3);
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
        fn nothing_is_scaled_up(width in 1u32..6000, height in 1u32..6000) {
            for purpose in Purpose::ALL {
                let made = renditions(source(), width, height, purpose);
                prop_assert!(!made.is_empty());
                prop_assert!(made.iter().all(|made| made.width() <= width && made.height() <= height));
                let order: Vec<_> = made.iter().map(|made| (made.format(), made.width())).collect();
                prop_assert!(order.is_sorted_by(|left, right| left < right));
            }
        }
    }
}
