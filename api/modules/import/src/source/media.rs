//! `media/`: pictures and their alt texts.

use std::collections::BTreeMap;
use std::fs;

use vitrine_content::{AltTexts, Media};
use vitrine_core::{ContentHash, EntityKind, Locale};

use super::folder::{Root, Stamp};
use super::parsed::{ItemFiles, Parsed, languages};
use crate::error::ImportError;

/// Alt texts by language.
pub(crate) type Alts = BTreeMap<Locale, Parsed<AltTexts>>;

/// Reads the bytes of a picture for its hash and size.
pub(crate) fn picture(root: &Root, file: &str) -> Result<Parsed<Media>, ImportError> {
    let relative = format!("media/{file}");
    let mut files = ItemFiles::new(root, EntityKind::Media, file);
    let path = root.path(&relative);
    let bytes = fs::read(&path).map_err(ImportError::reading(&path))?;
    let content_type = match imagesize::image_type(&bytes) {
        Ok(imagesize::ImageType::Jpeg) => "image/jpeg",
        Ok(imagesize::ImageType::Png) => "image/png",
        _ => {
            files.error_at_top(&relative, "a picture must be a JPEG or PNG file");
            return Ok(files.finish(None));
        }
    };
    let fits = if content_type == "image/png" { &["png"][..] } else { &["jpg", "jpeg"] };
    if !fits.iter().any(|extension| file.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.'))) {
        files.error_at_top(
            &relative,
            format!("the file holds {content_type} but its name says something else"),
        );
    }
    let size = imagesize::blob_size(&bytes).ok().and_then(|size| {
        Some((u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?))
            .filter(|(w, h)| *w > 0 && *h > 0)
    });
    if size.is_none() {
        files.error_at_top(&relative, "the picture's width and height can't be read");
    }
    let media = size.map(|(width, height)| Media {
        file: file.to_owned(),
        hash: ContentHash::of(&bytes),
        width,
        height,
        content_type: content_type.to_owned(),
    });
    Ok(files.finish(media))
}

/// Alt texts by language, from `media/<lang>.toml`, and the TOML files that are none.
pub(crate) fn alts(root: &Root, stamps: &[Stamp]) -> Result<(Alts, Vec<String>), ImportError> {
    let names = stamps.iter().map(|stamp| stamp.file.as_str()).filter(|name| name.ends_with(".toml"));
    let (langs, strays) = languages(names, "toml", &[]);
    let mut read = BTreeMap::new();
    for lang in langs {
        let name = format!("{lang}.toml");
        let mut files = ItemFiles::new(root, EntityKind::Media, &name);
        let alts = files.optional(&format!("media/{name}"), |r| {
            let alts =
                r.all().into_iter().filter_map(|(key, node)| Some((key.text.to_owned(), node.text()?)));
            Some(alts.collect::<AltTexts>())
        })?;
        read.insert(lang, files.finish(alts));
    }
    Ok((read, strays))
}
