use vitrine_core::{Country, Currency, Locale, Money, Timestamp};

use crate::Formatter;

const NB: &str = "\u{a0}";
const NARROW: &str = "\u{202f}";

fn formatter(tag: &str) -> Formatter {
    Formatter::try_new(&Locale::try_new(tag).unwrap()).unwrap()
}

fn price(tag: &str, minor: i64, currency: &str) -> String {
    formatter(tag).money(Money::new(minor, Currency::try_new(currency).unwrap()))
}

#[test]
fn a_price_is_written_as_its_locale_writes_prices() {
    let cases = [
        ("de-DE", 119_900, "EUR", format!("1.199,00{NB}€")),
        ("de-DE", 49_900, "EUR", format!("499,00{NB}€")),
        ("de-DE", 490, "EUR", format!("4,90{NB}€")),
        ("de-CH", 119_900, "CHF", format!("CHF{NB}1'199.00")),
        ("en-GB", 119_900, "GBP", "£1,199.00".to_owned()),
        ("ja-JP", 129_800, "JPY", "￥129,800".to_owned()),
        ("ar-AE", 119_900, "AED", format!("\u{200f}1,199.00{NB}د.إ.\u{200f}")),
        ("en-AE", 119_900, "AED", format!("AED{NB}1,199.00")),
        ("sv-SE", 119_900, "SEK", format!("1{NB}199,00{NB}kr")),
        ("pl-PL", 119_900, "PLN", format!("1199,00{NB}zł")),
        ("pl-PL", 1_199_900, "PLN", format!("11{NB}999,00{NB}zł")),
        ("nl-NL", 119_900, "EUR", format!("€{NB}1.199,00")),
        ("fr-FR", 119_900, "EUR", format!("1{NARROW}199,00{NB}€")),
        ("en-US", 119_900, "USD", "$1,199.00".to_owned()),
    ];
    for (tag, minor, currency, expected) in cases {
        assert_eq!(price(tag, minor, currency), expected, "{tag}");
    }
}

#[test]
fn prices_have_their_own_separators_where_cldr_says_so() {
    assert_eq!(price("fr-CH", 119_900, "CHF"), format!("1'199.00{NB}CHF"));
    assert_eq!(formatter("fr-CH").decimal("4.6"), "4,6");
    assert_eq!(price("de-AT", 119_900, "EUR"), format!("€{NB}1.199,00"));
    assert_eq!(formatter("de-AT").integer(1_199), format!("1{NB}199"));
}

#[test]
fn a_price_below_zero_carries_its_sign() {
    assert_eq!(price("de-DE", -119_900, "EUR"), format!("-1.199,00{NB}€"));
    assert_eq!(price("de-CH", -490, "CHF"), "CHF-4.90");
    assert_eq!(price("sv-SE", -490, "SEK"), format!("\u{2212}4,90{NB}kr"));
}

#[test]
fn a_price_is_never_rounded_to_fewer_decimals_than_it_is_charged_with() {
    assert_eq!(price("sr-RS", 19_950, "RSD"), format!("199,50{NB}RSD"));
    assert_eq!(price("en-GB", 1_234, "KWD"), format!("KWD{NB}1.234"));
    assert_eq!(price("en-GB", 1, "IQD"), format!("IQD{NB}0.001"));
}

#[test]
fn a_foreign_currency_is_told_from_the_locales_own() {
    assert_eq!(price("en-AE", 499_900, "EUR"), "€4,999.00");
    assert_eq!(price("en-GB", 100, "USD"), "US$1.00");
    assert_eq!(price("de-DE", 129_800, "JPY"), format!("129.800{NB}¥"));
}

#[test]
fn every_amount_fits() {
    assert_eq!(price("en-US", i64::MAX, "USD"), "$92,233,720,368,547,758.07");
    assert_eq!(price("en-US", i64::MIN, "USD"), "-$92,233,720,368,547,758.08");
}

#[test]
fn whole_numbers_are_grouped() {
    assert_eq!(formatter("de-DE").integer(1_234_567), "1.234.567");
    assert_eq!(formatter("en-GB").integer(-1_234), "-1,234");
    assert_eq!(formatter("hi-IN").integer(1_234_567), "12,34,567");
    assert_eq!(formatter("ar-AE").integer(1_234), "1,234");
}

#[test]
fn a_decimal_keeps_the_digits_it_is_given() {
    assert_eq!(formatter("de-DE").decimal("4.60"), "4,60");
    assert_eq!(formatter("fr-FR").decimal("12345.5"), format!("12{NARROW}345,5"));
    assert_eq!(formatter("ja-JP").decimal("0.1"), "0.1");
    assert_eq!(formatter("de-DE").decimal("about four"), "about four");
}

#[test]
fn a_day_is_written_in_full() {
    let late = Timestamp::parse_rfc3339("2026-11-20T23:59:59Z").unwrap();
    let cases = [
        ("de-DE", "20. November 2026"),
        ("de-CH", "20. November 2026"),
        ("fr-CH", "20 novembre 2026"),
        ("en-GB", "20 November 2026"),
        ("ja-JP", "2026年11月20日"),
        ("ar-AE", "20 نوفمبر 2026"),
        ("en-AE", "20 November 2026"),
        ("sv-SE", "20 november 2026"),
        ("pl-PL", "20 listopada 2026"),
        ("nl-NL", "20 november 2026"),
        ("fr-FR", "20 novembre 2026"),
        ("en-US", "November 20, 2026"),
    ];
    for (tag, expected) in cases {
        assert_eq!(formatter(tag).date(late), expected, "{tag}");
    }
}

#[test]
fn a_day_out_of_the_calendars_range_is_written_plainly() {
    let far = Timestamp::from_ms(i64::MAX);
    assert_eq!(formatter("de-DE").date(far), far.to_date());
}

#[test]
fn countries_are_named() {
    let switzerland = Country::try_new("CH").unwrap();
    let cases = [
        ("de-DE", "Schweiz"),
        ("fr-CH", "Suisse"),
        ("en-GB", "Switzerland"),
        ("ja-JP", "スイス"),
        ("ar-AE", "سويسرا"),
        ("sv-SE", "Schweiz"),
        ("pl-PL", "Szwajcaria"),
        ("nl-NL", "Zwitserland"),
    ];
    for (tag, expected) in cases {
        assert_eq!(formatter(tag).country_name(switzerland), expected, "{tag}");
    }
    assert_eq!(formatter("en").country_name(Country::try_new("AE").unwrap()), "United Arab Emirates");
}

#[test]
fn languages_are_named_without_their_region() {
    let language = |tag: &str, of: &str| formatter(tag).language_name(&Locale::try_new(of).unwrap());
    assert_eq!(language("de", "fr"), "Französisch");
    assert_eq!(language("de-CH", "de-CH"), "Deutsch");
    assert_eq!(language("fr-CH", "fr-CH"), "français");
    assert_eq!(language("ja-JP", "ja-JP"), "日本語");
    assert_eq!(language("ar-AE", "ar-AE"), "العربية");
    assert_eq!(language("en-GB", "zh-Hant-TW"), "Traditional Chinese");
    assert_eq!(language("en-GB", "qaa"), "qaa");
}

#[test]
fn a_formatter_is_shared_by_threads() {
    let shared = formatter("de-DE");
    let prices: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let own = shared.clone();
                scope.spawn(move || own.money(Money::eur(49_900)))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert!(prices.iter().all(|price| *price == format!("499,00{NB}€")));
}
