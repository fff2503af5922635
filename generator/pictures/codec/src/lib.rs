//! Scaling and encoding of pictures: pixels in, AVIF or JPEG out. No files, no names.
//!
//! A crate of its own that depends on none of ours: what it is made of takes minutes to compile well, and is compiled
//! once for as long as nobody edits it.

use fast_image_resize as resize;
use image::RgbImage;
use ravif::{BitDepth, Img, RGB8};
use resize::images::{Image, ImageRef};
use resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

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

/// Part of every rendition's name: raise it when scaling or encoding gives other bytes than before.
pub const ENCODER_REVISION: i64 = 1;

/// Half the time of preset 8 for files 5 % larger.
const AVIF_SPEED: u8 = 9;

/// The quality a format is encoded at, 1 to 100.
pub fn quality(format: Format) -> u8 {
    match format {
        // Soft backdrops show blocks below 85; at 88 a card of 640 px is still only 4 to 13 KB.
        Format::Avif => 88,
        Format::Jpeg => 80,
    }
}

/// An original in linear light, ready to be scaled to any width.
///
/// Averaging sRGB values darkens fine bright detail such as woven cloth; light adds up linearly.
pub struct Linear {
    pixels: Image<'static>,
    mapper: resize::PixelComponentMapper,
}

impl Linear {
    /// From sRGB pixels; an error says what the picture can't be.
    pub fn new(picture: &RgbImage) -> Result<Self, String> {
        let (width, height) = picture.dimensions();
        let source = ImageRef::new(width, height, picture.as_raw(), PixelType::U8x3).map_err(text)?;
        let mut pixels = Image::new(width, height, PixelType::U16x3);
        let mapper = resize::create_srgb_mapper();
        mapper.forward_map(&source, &mut pixels).map_err(text)?;
        Ok(Self { pixels, mapper })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.pixels.width(), self.pixels.height())
    }

    /// Scaled to `width` x `height` and encoded.
    pub fn encoded(&self, width: u32, height: u32, format: Format) -> Result<Vec<u8>, String> {
        let pixels = self.scaled(width, height)?;
        match format {
            Format::Avif => avif(&pixels, width, height),
            Format::Jpeg => jpeg(&pixels, width, height),
        }
    }

    /// sRGB pixels, three bytes each.
    fn scaled(&self, width: u32, height: u32) -> Result<Vec<u8>, String> {
        let options =
            ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(false);
        let mut linear = Image::new(width, height, PixelType::U16x3);
        Resizer::new().resize(&self.pixels, &mut linear, &options).map_err(text)?;
        let mut scaled = Image::new(width, height, PixelType::U8x3);
        self.mapper.backward_map(&linear, &mut scaled).map_err(text)?;
        Ok(scaled.into_vec())
    }
}

/// 8 bits a channel. With 10, the encoder's default, Chromium drops the two low bits of the colour
/// channels when it converts to RGB, which turned our off-white backdrops greenish (by 2 of 255, in patches
/// that are seen); 8 came out as neutral as the original and no less smooth.
fn avif(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, String> {
    let pixels: Vec<RGB8> = pixels.chunks_exact(3).map(|rgb| RGB8::new(rgb[0], rgb[1], rgb[2])).collect();
    let picture = Img::new(pixels.as_slice(), width as usize, height as usize);
    let encoded = ravif::Encoder::new()
        .with_quality(f32::from(quality(Format::Avif)))
        .with_speed(AVIF_SPEED)
        .with_bit_depth(BitDepth::Eight)
        .with_num_threads(Some(1))
        .encode_rgb(picture)
        .map_err(text)?;
    Ok(encoded.avif_file)
}

fn jpeg(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, String> {
    let side = |side: u32| u16::try_from(side).map_err(|_| format!("{side} pixels are too many for JPEG"));
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, quality(Format::Jpeg));
    encoder.set_progressive(true);
    encoder.set_optimized_huffman_tables(true);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.encode(pixels, side(width)?, side(height)?, jpeg_encoder::ColorType::Rgb).map_err(text)?;
    Ok(bytes)
}

fn text(cause: impl std::fmt::Display) -> String {
    cause.to_string()
}
