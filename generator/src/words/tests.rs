use vitrine_core::Currency;

use super::*;
use crate::fixture::{day, locale};

fn words(tag: &str, sources: &[(&str, &str)]) -> Result<Words, BuildError> {
    let sources = sources.iter().map(|(lang, text)| (locale(lang), (*text).to_owned())).collect();
    let chain = [locale(tag), locale("de"), locale("en")];
    Words::try_new(&locale(tag), &chain, &sources)
}

#[test]
fn a_message_comes_from_the_first_language_of_the_chain_that_has_it() {
    let words =
        words("fr", &[("fr", "a = un\n"), ("de", "a = eins\nb = zwei\n"), ("ja", "c = 三\n")]).unwrap();
    assert_eq!(words.plain("a"), "un");
    assert_eq!(words.plain("b"), "zwei");
    assert_eq!((words.plain("c"), words.find("c")), ("c".to_owned(), None), "Japanese is not in the chain");
}

#[test]
fn a_number_selects_the_plural_and_is_written_as_the_language_does() {
    let source =
        "n = { $count ->\n    [one] { $count_text } Stück\n   *[other] { $count_text } Stücke\n  }\n";
    let words = words("de", &[("de", source)]).unwrap();
    let said = |count| words.count("n", count).replace(['\u{2068}', '\u{2069}'], "");
    assert_eq!((said(1), said(1234)), ("1 Stück".to_owned(), "1.234 Stücke".to_owned()));
}

#[test]
fn amounts_dates_and_countries_are_those_of_the_locale() {
    let words = words("fr-CH", &[]).unwrap();
    assert!(words.money(Money::new(123_450, Currency::CHF)).contains("CHF"));
    assert_eq!(words.country(Country::try_new("DE").unwrap()), "Allemagne");
    assert!(words.date(day(0)).contains("1970"));
    assert_eq!(words.decimal("no number"), "no number");
}

#[test]
fn words_that_can_not_be_read_name_their_language() {
    let error = words("de", &[("de", "a = { $open\n")]).unwrap_err();
    assert!(error.to_string().starts_with("strings of de: "), "{error}");
}
