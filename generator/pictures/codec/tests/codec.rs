//! What comes out of the codec, read by other decoders.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use image::{Rgb, RgbImage};
use vitrine_codec::{Format, Linear};

fn grey() -> Linear {
    Linear::new(&RgbImage::from_pixel(32, 32, Rgb([90; 3]))).unwrap()
}

/// Fine black and white stripes are half the light, which is 188 in sRGB and not 128.
#[test]
fn scaling_keeps_the_light() {
    let stripes = RgbImage::from_fn(64, 64, |x, _| if x % 2 == 0 { Rgb([0; 3]) } else { Rgb([255; 3]) });
    let scaled = Linear::new(&stripes).unwrap().encoded(8, 8, Format::Jpeg).unwrap();
    let middle = image::load_from_memory(&scaled).unwrap().to_rgb8().get_pixel(4, 4)[0];
    assert!((184..=192).contains(&middle), "{middle}");
}

#[test]
fn a_jpeg_is_progressive() {
    let bytes = grey().encoded(16, 16, Format::Jpeg).unwrap();
    assert!(bytes.windows(2).any(|pair| pair == [0xff, 0xc2]));
}

#[test]
fn an_avif_has_eight_bits() {
    let bytes = grey().encoded(16, 16, Format::Avif).unwrap();
    let channels = bytes.windows(4).position(|box_| box_ == b"pixi").unwrap();
    assert_eq!(bytes[channels + 8..channels + 12], [3, 8, 8, 8]);
}
