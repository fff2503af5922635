//! Locales as BCP 47 tags, and the direction they are written in.

use std::sync::Arc;

use thiserror::Error;

use crate::{Country, described_as_text, written_as_text};

/// Why a text is not a locale.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LocaleError {
    /// Not a tag of language, script, region and variants.
    #[error("`{0}` is no BCP 47 locale (such as de, de-CH or zh-Hant-TW)")]
    Malformed(String),
    /// The region is no country.
    #[error("`{tag}` names no country: {region} is not in ISO 3166-1")]
    UnknownRegion {
        /// The text found.
        tag: String,
        /// Its region.
        region: String,
    },
}

/// A language, possibly of a region, as a BCP 47 tag in canonical form.
///
/// Language, script, region and variants are supported; extensions and private use are not, because a
/// storefront's URL, `lang` and `hreflang` have no use for them. A clone is one reference count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locale(Arc<str>);

impl Locale {
    /// Reads a tag in any case and puts it into canonical form: `DE-ch` becomes `de-CH`.
    pub fn try_new(tag: &str) -> Result<Self, LocaleError> {
        let malformed = || LocaleError::Malformed(tag.to_owned());
        let mut subtags = tag.split('-').peekable();
        let language = subtags.next().filter(|subtag| is_language(subtag)).ok_or_else(malformed)?;
        let mut canonical = language.to_ascii_lowercase();
        if let Some(script) = subtags.next_if(|subtag| is_script(subtag)) {
            canonical.push('-');
            canonical.push_str(&script[..1].to_ascii_uppercase());
            canonical.push_str(&script[1..].to_ascii_lowercase());
        }
        if let Some(region) = subtags.next_if(|subtag| is_region(subtag)) {
            let region = region.to_ascii_uppercase();
            if region.len() == 2 && Country::try_new(&region).is_err() {
                return Err(LocaleError::UnknownRegion { tag: tag.to_owned(), region });
            }
            canonical.push('-');
            canonical.push_str(&region);
        }
        let mut variants: Vec<String> = subtags.map(str::to_ascii_lowercase).collect();
        variants.sort_unstable();
        let repeated = variants.windows(2).any(|pair| pair[0] == pair[1]);
        if repeated || !variants.iter().all(|variant| is_variant(variant)) {
            return Err(malformed());
        }
        for variant in variants {
            canonical.push('-');
            canonical.push_str(&variant);
        }
        Ok(Self(canonical.into()))
    }

    /// The canonical tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language, such as `de`.
    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// The script, such as `Hant`, when the tag names one.
    pub fn script(&self) -> Option<&str> {
        self.0.split('-').nth(1).filter(|subtag| is_script(subtag))
    }

    /// The region, such as `CH`, when the tag names one.
    pub fn region(&self) -> Option<&str> {
        self.0.split('-').skip(1).take(2).find(|subtag| is_region(subtag))
    }

    /// The next more general locale: `de-CH` gives `de`, `de` gives nothing.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('-').map(|(general, _)| Self(general.into()))
    }

    /// The locale and its parents, from specific to general.
    pub fn chain(&self) -> Vec<Self> {
        std::iter::successors(Some(self.clone()), Self::parent).collect()
    }

    /// The direction its text is written in, by script or else by language.
    pub fn direction(&self) -> Direction {
        let right_to_left = match self.script() {
            Some(script) => RTL_SCRIPTS.contains(&script),
            None => RTL_LANGUAGES.contains(&self.language()),
        };
        if right_to_left { Direction::Rtl } else { Direction::Ltr }
    }
}

written_as_text!(Locale, LocaleError);
described_as_text!(
    Locale,
    "Language, possibly of a region, as BCP 47 writes it.",
    "^[a-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
    "de-DE"
);

/// The direction a text runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From left to right.
    Ltr,
    /// From right to left.
    Rtl,
}

impl Direction {
    /// The value of HTML's `dir`: `ltr` or `rtl`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

const RTL_SCRIPTS: [&str; 8] = ["Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Syrc", "Thaa"];

// Languages whose usual script is one of the above (CLDR likely subtags).
const RTL_LANGUAGES: [&str; 16] =
    ["ar", "arc", "arz", "ckb", "dv", "fa", "he", "ks", "lrc", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"];

fn is_language(subtag: &str) -> bool {
    (2..=3).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_script(subtag: &str) -> bool {
    subtag.len() == 4 && subtag.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_region(subtag: &str) -> bool {
    (subtag.len() == 2 && subtag.bytes().all(|byte| byte.is_ascii_alphabetic()))
        || (subtag.len() == 3 && subtag.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_variant(subtag: &str) -> bool {
    let long = (5..=8).contains(&subtag.len());
    let dated = subtag.len() == 4 && subtag.starts_with(|first: char| first.is_ascii_digit());
    (long || dated) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(tag: &str) -> Locale {
        Locale::try_new(tag).unwrap()
    }

    #[test]
    fn a_tag_is_put_into_canonical_form() {
        for (written, canonical) in [
            ("DE", "de"),
            ("de-ch", "de-CH"),
            ("ZH-HANT-TW", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("CA-es-VALENCIA", "ca-ES-valencia"),
            ("sl-rozaj-1994", "sl-1994-rozaj"),
        ] {
            assert_eq!(locale(written).as_str(), canonical);
        }
    }

    #[test]
    fn what_is_no_locale_is_refused() {
        for tag in ["", "d", "de_CH", "de-", "-de", "de--CH", "german", "de-CH-AT", "de-x-private", "d1", "ü"]
        {
            assert_eq!(Locale::try_new(tag), Err(LocaleError::Malformed(tag.to_owned())), "{tag}");
        }
        let wrong = Locale::try_new("en-uk").unwrap_err();
        assert_eq!(wrong.to_string(), "`en-uk` names no country: UK is not in ISO 3166-1");
    }

    #[test]
    fn a_chain_goes_from_specific_to_general() {
        let chain = |tag: &str| -> Vec<String> {
            locale(tag).chain().iter().map(|locale| locale.as_str().to_owned()).collect()
        };
        assert_eq!(chain("de-CH"), ["de-CH", "de"]);
        assert_eq!(chain("zh-Hant-TW"), ["zh-Hant-TW", "zh-Hant", "zh"]);
        assert_eq!(locale("de").parent(), None);
    }

    #[test]
    fn subtags_are_told_apart() {
        let taiwan = locale("zh-Hant-TW");
        assert_eq!((taiwan.language(), taiwan.script(), taiwan.region()), ("zh", Some("Hant"), Some("TW")));
        let german = locale("de");
        assert_eq!((german.language(), german.script(), german.region()), ("de", None, None));
        assert_eq!(locale("sl-1994").region(), None);
    }

    #[test]
    fn the_script_decides_the_direction_and_else_the_language() {
        for tag in ["ar-AE", "he", "fa-IR", "ur", "az-Arab"] {
            assert_eq!(locale(tag).direction(), Direction::Rtl, "{tag}");
        }
        for tag in ["de", "ja-JP", "ar-Latn", "ur-Latn-PK"] {
            assert_eq!(locale(tag).direction(), Direction::Ltr, "{tag}");
        }
        assert_eq!((Direction::Ltr.as_str(), Direction::Rtl.as_str()), ("ltr", "rtl"));
    }

    #[test]
    fn a_locale_can_be_a_key_of_json() {
        let json = r#"{"de":1,"de-CH":2}"#;
        let texts: std::collections::BTreeMap<Locale, u8> = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&texts).unwrap(), json);
    }
}
