//! Reading originals: JPEG and PNG, upright, opaque, 8 bits a channel, sRGB.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage};

use crate::error::PictureError;

/// The most pixels an original may have.
pub const MAX_PIXELS: u64 = 100_000_000;

/// 16 bits in four channels of the largest picture, and room to work.
const MAX_BYTES: u64 = 1 << 30;

/// The width and height of a picture as it is shown, read from its header.
///
/// A photograph taken with the camera on its side says so in its metadata and is turned upright; this is
/// the size after that, which is the one renditions are planned with. `file` is what errors name.
pub fn measure(bytes: &[u8], file: &Path) -> Result<(u32, u32), PictureError> {
    let mut decoder = open(bytes, file)?;
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok(if is_sideways(orientation) { (height, width) } else { (width, height) })
}

/// Decodes the bytes of the original `file` into sRGB pixels.
///
/// Transparency is laid on white, because JPEG has none and both formats must look the same.
pub(crate) fn decode(bytes: &[u8], file: &Path) -> Result<RgbImage, PictureError> {
    let broken = |reason: String| PictureError::Broken { file: file.to_owned(), reason };
    if is_cut_jpeg(bytes) {
        return Err(broken("the file ends before the picture does".to_owned()));
    }
    let mut decoder = open(bytes, file)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|cause| broken(cause.to_string()))?;
    picture.apply_orientation(orientation);
    Ok(if picture.color().has_alpha() { on_white(&picture) } else { picture.into_rgb8() })
}

fn open<'b>(bytes: &'b [u8], file: &Path) -> Result<impl ImageDecoder + 'b, PictureError> {
    let broken = |reason: String| PictureError::Broken { file: file.to_owned(), reason };
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|cause| broken(cause.to_string()))?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|cause| broken(cause.to_string()))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::TooLarge { file: PathBuf::from(file), width, height });
    }
    Ok(decoder)
}

fn is_sideways(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// Whether a JPEG lacks its end.
///
/// The decoder fills the missing part with grey and says nothing, so the end marker is looked for here.
/// Within the coded picture the marker's bytes cannot occur, so it must follow the last start of scan;
/// an embedded thumbnail, which has markers of its own, comes before that.
fn is_cut_jpeg(bytes: &[u8]) -> bool {
    const START: [u8; 2] = [0xff, 0xd8];
    const SCAN: [u8; 2] = [0xff, 0xda];
    const END: [u8; 2] = [0xff, 0xd9];
    if !bytes.starts_with(&START) {
        return false;
    }
    let last = |marker: [u8; 2]| bytes.windows(2).rposition(|pair| pair == marker);
    last(END) < last(SCAN) || last(END).is_none()
}

fn on_white(picture: &DynamicImage) -> RgbImage {
    let source = picture.to_rgba8();
    let mut flat = RgbImage::new(source.width(), source.height());
    for (from, to) in source.pixels().zip(flat.pixels_mut()) {
        let alpha = u32::from(from[3]);
        for channel in 0..3 {
            let mixed = u32::from(from[channel]) * alpha + 255 * (255 - alpha);
            to[channel] = u8::try_from((mixed + 127) / 255).unwrap_or(u8::MAX);
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgba, RgbaImage};

    use super::*;

    fn png(picture: &RgbaImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let grey = RgbImage::from_pixel(u32::from(width), u32::from(height), image::Rgb([127; 3]));
        let mut bytes = Cursor::new(Vec::new());
        grey.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    /// The same JPEG with an EXIF segment that says 'turn by 90 degrees'.
    fn sideways(jpeg: &[u8]) -> Vec<u8> {
        let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length[..], &exif[..], &jpeg[2..]].concat()
    }

    #[test]
    fn a_header_tells_the_size() {
        assert_eq!(measure(&jpeg(40, 30), Path::new("x.jpg")).unwrap(), (40, 30));
    }

    #[test]
    fn a_photograph_on_its_side_is_turned_upright() {
        let bytes = sideways(&jpeg(40, 30));
        assert_eq!(measure(&bytes, Path::new("x.jpg")).unwrap(), (30, 40));
        assert_eq!(decode(&bytes, Path::new("x.jpg")).unwrap().dimensions(), (30, 40));
    }

    #[test]
    fn transparency_is_laid_on_white() {
        let bytes = png(&RgbaImage::from_pixel(2, 2, Rgba([0, 0, 0, 0])));
        assert_eq!(decode(&bytes, Path::new("x.png")).unwrap().get_pixel(0, 0).0, [255, 255, 255]);
        let bytes = png(&RgbaImage::from_pixel(2, 2, Rgba([0, 100, 200, 255])));
        assert_eq!(decode(&bytes, Path::new("x.png")).unwrap().get_pixel(0, 0).0, [0, 100, 200]);
    }

    #[test]
    fn a_cut_file_is_broken_and_named() {
        let whole = jpeg(64, 64);
        let drawn = png(&RgbaImage::from_fn(64, 64, |x, y| Rgba([x as u8, y as u8, (x * y) as u8, 255])));
        for cut in
            [&whole[..whole.len() - 2], &whole[..whole.len() / 2], &drawn[..drawn.len() / 2], b"", b"GIF89a"]
        {
            let error = decode(cut, Path::new("cut.jpg")).unwrap_err();
            assert!(matches!(error, PictureError::Broken { .. }), "{error}");
            assert!(error.to_string().contains("cut.jpg"), "{error}");
        }
        assert!(decode(&whole, Path::new("whole.jpg")).is_ok());
    }

    #[test]
    fn bytes_behind_the_end_do_no_harm() {
        let mut bytes = jpeg(16, 16);
        bytes.extend([0; 100]);
        assert!(decode(&bytes, Path::new("x.jpg")).is_ok());
    }

    #[test]
    fn a_picture_beyond_the_limit_is_refused_by_its_header() {
        let mut bytes = jpeg(16, 16);
        let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
        let error = decode(&bytes, Path::new("huge.jpg")).unwrap_err();
        assert!(matches!(error, PictureError::TooLarge { .. }), "{error}");
        assert!(error.to_string().contains("huge.jpg is too large: 65500 x 65500"), "{error}");
    }
}
