//! GTIN check digits.

/// Whether a text is a GTIN-8, -12, -13 or -14 with a right check digit (GS1 General Specifications, 7.9).
///
/// From the right, the check digit counts once and the others three times and once by turns; the sum is a
/// multiple of ten.
pub fn is_gtin(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || ![8, 12, 13, 14].contains(&text.len()) {
        return false;
    }
    let weights = [1u32, 3].into_iter().cycle();
    let sum: u32 =
        text.bytes().rev().zip(weights).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_numbers_are_right() {
        for gtin in ["4006381333931", "036000291452", "73513537", "10012345678902", "4000000000013"] {
            assert!(is_gtin(gtin), "{gtin}");
        }
        for wrong in [
            "",
            "4006381333930",
            "400638133393",
            "40063813339310",
            "4006381 33931",
            "４００６３８１３３３９３１",
        ] {
            assert!(!is_gtin(wrong), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn each_number_has_exactly_one_check_digit(body in "[0-9]{7}|[0-9]{11}|[0-9]{12}|[0-9]{13}") {
            let right = (0..10).filter(|digit| is_gtin(&format!("{body}{digit}"))).count();
            prop_assert_eq!(right, 1);
        }

        #[test]
        fn one_wrong_digit_is_always_seen(body in "[0-9]{12}", at in 0usize..13, by in 1u8..10) {
            let gtin = (0..10).map(|digit| format!("{body}{digit}")).find(|gtin| is_gtin(gtin));
            let mut digits = gtin.unwrap_or_default().into_bytes();
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            prop_assert!(!is_gtin(&String::from_utf8(digits).unwrap()));
        }
    }
}
