//! Laws that hold for every value: amounts, shares, rates, locales, slugs and times.

use proptest::prelude::*;
use vitrine_core::{
    ContentHash, Currency, Hasher, Locale, Money, Rate, Slug, Timestamp, apportion, round_half_even,
};

const CURRENCIES: [&str; 6] = ["EUR", "JPY", "KWD", "CHF", "CLF", "SEK"];

fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(CURRENCIES.to_vec()).prop_filter_map("a currency", |code| code.parse().ok())
}

fn money() -> impl Strategy<Value = Money> {
    (any::<i64>(), currency()).prop_map(|(minor, currency)| Money::new(minor, currency))
}

fn weights() -> impl Strategy<Value = Vec<i64>> {
    prop_oneof![
        prop::collection::vec(0..1_000_i64, 1..30),
        prop::collection::vec(0..=i64::MAX, 1..30),
        prop::collection::vec(Just(0_i64), 1..30),
    ]
}

fn rate() -> impl Strategy<Value = Rate> {
    (0..=1_000_000_i64).prop_filter_map("a rate", Rate::from_ppm)
}

fn sum(parts: &[Money]) -> i128 {
    parts.iter().map(|part| i128::from(part.minor())).sum()
}

proptest! {
    #[test]
    fn an_amount_survives_its_decimal_form(amount in money()) {
        prop_assert_eq!(Money::parse(&amount.to_decimal(), amount.currency()).unwrap(), amount);
    }

    #[test]
    fn an_amount_survives_json(amount in money()) {
        let json = serde_json::to_string(&amount).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), amount);
    }

    #[test]
    fn reading_an_amount_never_panics(text in ".{0,30}", currency in currency()) {
        let _ = Money::parse(&text, currency);
    }

    #[test]
    fn subtracting_undoes_adding(left in -1_000_000_000..1_000_000_000_i64, right in -1_000_000_000..1_000_000_000_i64) {
        let (left, right) = (Money::eur(left), Money::eur(right));
        prop_assert_eq!(left.try_add(right).unwrap().try_sub(right).unwrap(), left);
        prop_assert_eq!(left.try_add(right).unwrap(), right.try_add(left).unwrap());
    }

    #[test]
    fn parts_add_up_to_the_whole(total in money(), weights in weights()) {
        let parts = apportion(total, &weights).unwrap();
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(sum(&parts), i128::from(total.minor()));
        prop_assert!(parts.iter().all(|part| part.currency() == total.currency()));
    }

    #[test]
    fn a_part_is_within_one_unit_of_its_exact_share(total in money(), weights in weights()) {
        let whole: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
        prop_assume!(whole > 0);
        for (part, &weight) in apportion(total, &weights).unwrap().iter().zip(&weights) {
            let exact = i128::from(total.minor()) * i128::from(weight) / whole;
            prop_assert!((i128::from(part.minor()) - exact).abs() <= 1);
            prop_assert!(weight > 0 || part.minor() == 0);
        }
    }

    #[test]
    fn shares_of_a_debt_mirror_those_of_a_credit(minor in 0..i64::MAX, weights in weights()) {
        let credit = apportion(Money::eur(minor), &weights).unwrap();
        let debt = apportion(Money::eur(-minor), &weights).unwrap();
        for (credit, debt) in credit.iter().zip(&debt) {
            prop_assert_eq!(credit.minor(), -debt.minor());
        }
    }

    #[test]
    fn equal_weights_differ_by_one_unit_and_the_earlier_has_more(minor in 0..1_000_000_i64, lines in 1..20_usize) {
        let parts = apportion(Money::eur(minor), &vec![7; lines]).unwrap();
        prop_assert!(parts.windows(2).all(|pair| pair[0].minor() >= pair[1].minor()));
        prop_assert!(parts[0].minor() - parts[lines - 1].minor() <= 1);
    }

    #[test]
    fn rounding_is_to_the_nearest_and_never_prefers_a_side(numerator in any::<i64>(), denominator in 1..1_000_000_i64) {
        let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
        let rounded = round_half_even(numerator, denominator);
        let twice_off = 2 * (rounded * denominator - numerator);
        prop_assert!(twice_off.abs() <= denominator);
        prop_assert!(twice_off.abs() < denominator || rounded % 2 == 0);
        prop_assert_eq!(round_half_even(-numerator, denominator), -rounded);
        prop_assert_eq!(round_half_even(numerator, -denominator), -rounded);
    }

    #[test]
    fn a_rate_survives_its_text(rate in rate()) {
        prop_assert_eq!(Rate::parse_percent(&rate.percent_string()).unwrap(), rate);
        let json = serde_json::to_string(&rate).unwrap();
        prop_assert_eq!(serde_json::from_str::<Rate>(&json).unwrap(), rate);
    }

    #[test]
    fn a_part_is_never_more_than_the_whole(amount in money(), rate in rate()) {
        let whole = i128::from(amount.minor()).abs();
        prop_assert!(i128::from(amount.part(rate).minor()).abs() <= whole);
        prop_assert!(i128::from(amount.tax_included(rate).minor()).abs() <= whole);
    }

    #[test]
    fn the_tax_inside_a_gross_price_is_the_tax_on_its_net(net in 0..1_000_000_000_i64, rate in rate()) {
        let net = Money::eur(net);
        let tax = net.part(rate);
        let gross = net.try_add(tax).unwrap();
        prop_assert!((gross.tax_included(rate).minor() - tax.minor()).abs() <= 1);
    }

    #[test]
    fn a_locale_is_canonical_whatever_its_case(
        language in "[a-z]{2,3}", script in prop::option::of("[A-Z][a-z]{3}"),
        region in prop::option::of(prop::sample::select(vec!["DE", "CH", "AE", "419", "001"])),
        upper in any::<bool>(),
    ) {
        let canonical = [Some(language.clone()), script.clone(), region.map(str::to_owned)]
            .into_iter().flatten().collect::<Vec<_>>().join("-");
        let written = if upper { canonical.to_uppercase() } else { canonical.to_lowercase() };
        let locale = Locale::try_new(&written).unwrap();
        prop_assert_eq!(locale.as_str(), &canonical);
        prop_assert_eq!(Locale::try_new(locale.as_str()).unwrap(), locale.clone());
        prop_assert_eq!(locale.language(), language);
        prop_assert_eq!(locale.script(), script.as_deref());
        prop_assert_eq!(locale.region(), region);
        prop_assert_eq!(locale.chain().len(), canonical.split('-').count());
    }

    #[test]
    fn reading_a_locale_never_panics(text in ".{0,20}") {
        let _ = Locale::try_new(&text);
    }

    #[test]
    fn an_accepted_slug_is_safe_in_a_path(text in "[a-zA-Z0-9/?#% _.\\-äßéا日本が]{0,20}") {
        if let Ok(slug) = Slug::try_new(&text) {
            prop_assert_eq!(slug.as_str(), &text);
            prop_assert!(slug.path_encoded().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-%".contains(&byte)));
            prop_assert!(!text.contains("--") && !text.starts_with('-') && !text.ends_with('-'));
            prop_assert_eq!(text.to_lowercase(), text);
        }
    }

    #[test]
    fn a_slug_survives_encoding(words in prop::collection::vec("[a-z0-9äßéا日本が]{1,8}", 1..4)) {
        let text = words.join("-");
        prop_assume!(Slug::try_new(&text).is_ok());
        let encoded = Slug::try_new(&text).unwrap().path_encoded().into_owned();
        let mut bytes = Vec::new();
        let mut rest = encoded.as_bytes();
        while let Some((&first, after)) = rest.split_first() {
            let escaped = first == b'%';
            bytes.push(if escaped { u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap() } else { first });
            rest = if escaped { &after[2..] } else { after };
        }
        prop_assert_eq!(String::from_utf8(bytes).unwrap(), text);
    }

    #[test]
    fn a_time_survives_its_text(seconds in -62_135_596_800..=253_402_300_799_i64, ms in 0..1_000_i64) {
        let time = Timestamp::from_ms(seconds * 1_000 + ms);
        prop_assert_eq!(Timestamp::parse_rfc3339(&time.to_rfc3339()).unwrap().ms(), seconds * 1_000);
        let midnight = Timestamp::parse_rfc3339(&time.to_date()).unwrap();
        prop_assert!((0..86_400_000).contains(&(time.ms() - midnight.ms())));
    }

    #[test]
    fn the_next_day_follows_in_the_calendar(days in -700_000..2_900_000_i64) {
        let today = Timestamp::from_ms(days * 86_400_000);
        let (year, month, day) = today.year_month_day();
        let next = today.plus_days(1).year_month_day();
        let follows = next == (year, month, day + 1)
            || (next == (year, month + 1, 1) && day >= 28)
            || (next == (year + 1, 1, 1) && month == 12 && day == 31);
        prop_assert!(follows, "{:?} after {:?}", next, (year, month, day));
    }

    #[test]
    fn an_offset_moves_a_time_by_itself(seconds in 0..4_000_000_000_i64, minutes in -1_439..=1_439_i64) {
        let local = Timestamp::from_ms((seconds + minutes * 60) * 1_000).to_rfc3339();
        let sign = if minutes < 0 { '-' } else { '+' };
        let text = format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), minutes.abs() / 60, minutes.abs() % 60);
        prop_assert_eq!(Timestamp::parse_rfc3339(&text).unwrap().ms(), seconds * 1_000);
    }

    #[test]
    fn reading_a_time_never_panics(text in "\\PC{0,40}") {
        let _ = Timestamp::parse_rfc3339(&text);
    }

    #[test]
    fn a_hash_survives_its_digits(content in prop::collection::vec(any::<u8>(), 0..100)) {
        let hash = ContentHash::of(&content);
        prop_assert_eq!(ContentHash::parse_hex(&hash.hex()).unwrap(), hash);
        prop_assert!(hash.hex().starts_with(&hash.short()));
    }

    #[test]
    fn fields_keep_their_boundaries(left in ".{0,10}", right in ".{1,10}") {
        let hash = |first: &str, second: &str| {
            Hasher::new("test").field(first.as_bytes()).field(second.as_bytes()).finish()
        };
        prop_assert_ne!(hash(&left, &right), hash(&format!("{left}{right}"), ""));
    }
}
