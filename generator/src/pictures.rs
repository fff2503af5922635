//! From pictures of the media library and of outside services to what a page says about them.

use std::collections::BTreeMap;
use std::fmt::Write;

use vitrine_catalog::MediaRef;
use vitrine_content::{AltTexts, ContentSet, Media, PageKind};
use vitrine_core::Locale;
use vitrine_pictures::{Format, Rendition};
use vitrine_theme::views::{OgImage, Picture, Slot, Source};

/// Pixels across of the picture shown when a page is shared (the Open Graph protocol's hosts want 1200 x 630 or more).
const SOCIAL_WIDTH: u32 = 1200;

/// The pictures of a store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pictures<'a> {
    media: &'a BTreeMap<String, Media>,
    alts: &'a BTreeMap<Locale, AltTexts>,
}

/// How a page shows a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Showing<'a> {
    /// The place in the layout.
    pub slot: Slot,
    /// Where alt texts are looked up.
    pub chain: &'a [Locale],
    /// Stands in where a picture of an outside service has no alt text.
    pub name: &'a str,
    /// Loaded at once.
    pub eager: bool,
}

impl<'a> Pictures<'a> {
    /// The pictures of the media library.
    pub(crate) fn new(content: &'a ContentSet) -> Self {
        Self { media: &content.media, alts: &content.alts }
    }

    /// What a page says about a picture; `None` if the library does not have it.
    pub(crate) fn show(&self, media: &MediaRef, showing: Showing<'_>) -> Option<Picture<'static>> {
        match media {
            MediaRef::File(file) => self.file(file, showing),
            MediaRef::External(external) => {
                let widths: Vec<u32> = wanted(showing.slot.widths(), external.widths.iter().copied().max()?);
                // The service has certain widths only: the next larger one serves.
                let served = |width: u32| external.widths.iter().copied().filter(|has| *has >= width).min();
                let mut served: Vec<u32> = widths.into_iter().filter_map(served).collect();
                served.dedup();
                let url = |width: u32| external_url(&external.url, width);
                let found = showing.chain.iter().find_map(|lang| Some((lang, external.alt.get(lang)?)));
                Some(Picture {
                    sources: Vec::new(),
                    src: url(*served.first()?).into(),
                    srcset: srcset(served.iter().map(|width| (url(*width), *width))).into(),
                    sizes: showing.slot.sizes().into(),
                    width: external.width,
                    height: external.height,
                    alt: found.map_or_else(|| showing.name.to_owned(), |(_, alt)| alt.clone()).into(),
                    alt_lang: found.and_then(|(lang, _)| other_language(lang, showing.chain)).map(Into::into),
                    eager: showing.eager,
                })
            }
        }
    }

    /// What a page says about a file of the library; `None` if it is not there.
    pub(crate) fn file(&self, file: &str, showing: Showing<'_>) -> Option<Picture<'static>> {
        let media = self.media.get(file)?;
        let widths = wanted(showing.slot.widths(), media.width);
        let set = |format| srcset(widths.iter().map(|width| (url(media, *width, format), *width)));
        let found = showing.chain.iter().find_map(|lang| Some((lang, self.alts.get(lang)?.get(file)?)));
        // In the middle of the set: good enough for a browser that reads no srcset.
        let middle = widths.get(widths.len() / 2).copied().unwrap_or(media.width);
        // A card is small at every width: one JPEG serves the few browsers that read no AVIF, and a page of
        // cards is lighter for all others.
        let srcset =
            if matches!(showing.slot, Slot::Card | Slot::Thumb) { String::new() } else { set(Format::Jpeg) };
        Some(Picture {
            sources: vec![Source { kind: "image/avif".into(), srcset: set(Format::Avif).into() }],
            src: url(media, middle, Format::Jpeg).into(),
            srcset: srcset.into(),
            sizes: showing.slot.sizes().into(),
            width: media.width,
            height: media.height,
            alt: found.map_or(String::new(), |(_, alt)| alt.clone()).into(),
            alt_lang: found.and_then(|(lang, _)| other_language(lang, showing.chain)).map(Into::into),
            eager: showing.eager,
        })
    }

    /// The smallest JPEG of a picture.
    pub(crate) fn thumb(&self, media: &MediaRef) -> Option<String> {
        if let MediaRef::External(external) = media {
            let widths = wanted(Slot::Thumb.widths(), external.widths.iter().copied().max()?);
            let served = |width: u32| external.widths.iter().copied().filter(|has| *has >= width).min();
            return Some(external_url(&external.url, widths.into_iter().find_map(served)?));
        }
        let chain = [];
        let showing = Showing { slot: Slot::Thumb, chain: &chain, name: "", eager: false };
        self.show(media, showing).map(|picture| picture.src.into_owned())
    }

    /// The picture shown when a page is shared, with the origin in front.
    pub(crate) fn social(&self, media: &MediaRef, origin: &str, alt: &str) -> Option<OgImage<'static>> {
        match media {
            MediaRef::File(file) => {
                let media = self.media.get(file)?;
                let rendition = rendition(media, SOCIAL_WIDTH, Format::Jpeg);
                Some(OgImage {
                    url: format!("{origin}/{}", rendition.path()).into(),
                    width: rendition.width(),
                    height: rendition.height(),
                    alt: alt.to_owned().into(),
                })
            }
            MediaRef::External(external) => {
                let width = external.widths.iter().copied().max()?;
                Some(OgImage {
                    url: external_url(&external.url, width).into(),
                    width: external.width,
                    height: external.height,
                    alt: alt.to_owned().into(),
                })
            }
        }
    }
}

/// Every rendition that pages may point to: all pictures of the library in all widths of the layout, and the
/// widest ones of those that stand in a hero.
pub(crate) fn renditions(content: &ContentSet) -> Vec<Rendition> {
    let heroes: Vec<&str> = content
        .pages
        .values()
        .filter(|page| page.facts.kind == PageKind::Home)
        .filter_map(|page| page.facts.hero.as_deref())
        .collect();
    let mut renditions = std::collections::BTreeSet::new();
    for media in content.media.values() {
        let slots =
            Slot::ALL.into_iter().filter(|slot| *slot != Slot::Hero || heroes.contains(&media.file.as_str()));
        for width in slots.flat_map(|slot| wanted(slot.widths(), media.width)) {
            for format in [Format::Avif, Format::Jpeg] {
                renditions.insert(rendition(media, width, format));
            }
        }
        renditions.insert(rendition(media, SOCIAL_WIDTH, Format::Jpeg));
    }
    renditions.into_iter().collect()
}

fn rendition(media: &Media, width: u32, format: Format) -> Rendition {
    Rendition::new(media.hash, (media.width, media.height), width, format)
}

/// The widths of a slot that the original has; the original's own where it is narrower than all.
fn wanted(widths: &[u32], original: u32) -> Vec<u32> {
    let mut wanted: Vec<u32> = widths.iter().map(|width| (*width).min(original)).collect();
    wanted.dedup();
    wanted
}

/// The address of a picture of an outside service in a width.
fn external_url(pattern: &str, width: u32) -> String {
    let mut url = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("{width}") {
        url.push_str(before);
        // Writing to a string can't fail.
        let _ = write!(url, "{width}");
        rest = after;
    }
    url.push_str(rest);
    url
}

fn url(media: &Media, width: u32, format: Format) -> String {
    format!("/{}", rendition(media, width, format).path())
}

fn srcset(candidates: impl Iterator<Item = (String, u32)>) -> String {
    let mut set = String::new();
    for (url, width) in candidates {
        if !set.is_empty() {
            set.push_str(", ");
        }
        set.push_str(&url);
        // Writing to a string can't fail.
        let _ = write!(set, " {width}w");
    }
    set
}

/// The language a text was found in, where it is not the page's.
pub(crate) fn other_language(found: &Locale, chain: &[Locale]) -> Option<String> {
    let own = chain.first().is_none_or(|first| first.language() == found.language());
    (!own).then(|| found.as_str().to_owned())
}

#[cfg(test)]
mod tests;
