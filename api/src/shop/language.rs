//! Which of a storefront's languages a shopper reads best. Pure.

use std::cmp::Reverse;

use vitrine_core::Locale;
use vitrine_store::EditionConfig;

/// More languages than these are not looked at.
const MOST_RANGES: usize = 16;

/// The locale that suits `Accept-Language` (RFC 9110, section 12.5.4) best, the storefront's default where none does;
/// `None` only without any.
pub(crate) fn chosen<'a>(asked: &str, offered: &'a [EditionConfig]) -> Option<&'a Locale> {
    let mut ranges: Vec<(u16, &str)> = asked.split(',').take(MOST_RANGES).filter_map(range).collect();
    ranges.sort_by_key(|(weight, _)| Reverse(*weight));
    let fitting = |(_, range): &(u16, &str)| {
        let language = range.split('-').next().unwrap_or(range);
        let exact = offered.iter().find(|edition| edition.locale.as_str().eq_ignore_ascii_case(range));
        exact.or_else(|| {
            offered.iter().find(|edition| edition.locale.language().eq_ignore_ascii_case(language))
        })
    };
    ranges.iter().find_map(fitting).or_else(|| offered.first()).map(|edition| &edition.locale)
}

/// A language and its weight in thousandths; `None` for one that is not wanted or can't be read.
fn range(text: &str) -> Option<(u16, &str)> {
    let mut parts = text.split(';').map(str::trim);
    let language = parts.next().filter(|language| !language.is_empty())?;
    let weight = match parts.find_map(|part| part.strip_prefix("q=")) {
        Some(weight) => thousandths(weight)?,
        None => 1_000,
    };
    (weight > 0).then_some((weight, language))
}

fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(whole, "0" | "1") || decimals.len() > 3 || !is_number(decimals) {
        return None;
    }
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    Some(if whole == "1" { 1_000 } else { decimals })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(asked: &str) -> String {
        let edition = |tag: &str| EditionConfig { locale: tag.parse().unwrap(), path: format!("/{tag}/") };
        let offered = ["de-CH", "fr-CH", "it-CH"].map(edition);
        chosen(asked, &offered).unwrap().to_string()
    }

    #[test]
    fn the_heaviest_that_is_offered_is_taken() {
        assert_eq!(of("fr-CH"), "fr-CH");
        assert_eq!(of("FR;q=0.5, it"), "it-CH");
        assert_eq!(of("en, fr;q=0.8, it;q=0.85"), "it-CH");
        assert_eq!(of("fr-FR, de"), "fr-CH", "another region's French is read too");
        assert_eq!(of("it;q=0, fr;q=0.001"), "fr-CH");
    }

    #[test]
    fn where_none_fits_it_is_the_default() {
        for asked in ["", "*", "en", "xx-YY;q=1", "fr;q=2", "fr;q=0.1234", ";;,,", "fr;q=x"] {
            assert_eq!(of(asked), "de-CH", "{asked}");
        }
        assert_eq!(chosen("de", &[]), None);
    }
}
