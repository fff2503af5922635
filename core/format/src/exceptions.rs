//! What CLDR says and the data of ICU4X 2.4 leaves out; look here first after an update of ICU4X.

use icu_locale::{Locale, locale};

/// The separators that a locale uses in prices only.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PriceSeparators {
    /// Between whole and fraction, where it differs from other numbers.
    pub(crate) decimal: Option<&'static str>,
    /// Between thousands, where it differs from other numbers.
    pub(crate) group: Option<&'static str>,
}

/// CLDR's `currencyDecimal` and `currencyGroup`, which two locales have and ICU4X does not read yet.
///
/// See <https://github.com/unicode-org/icu4x/issues/8300>.
pub(crate) fn price_separators(locale: &Locale) -> PriceSeparators {
    let (language, region) = (locale.id.language, locale.id.region);
    match (language.as_str(), region.as_ref().map(|region| region.as_str())) {
        ("fr", Some("CH")) => PriceSeparators { decimal: Some("."), group: None },
        ("de", Some("AT")) => PriceSeparators { decimal: None, group: Some(".") },
        _ => PriceSeparators::default(),
    }
}

/// The locale whose dates a locale shares.
///
/// CLDR's long date of en-AE begins with the day. It stands in the locale's date styles but not among its
/// skeletons, from which ICU4X takes its patterns, so the American order of `en` would come out.
pub(crate) fn date_locale(locale: &Locale) -> Locale {
    if *locale == locale!("en-AE") { locale!("en-001") } else { locale.clone() }
}
