//! Countries by their ISO 3166-1 codes.

use thiserror::Error;

use crate::written_as_text;

/// Why a text is not a country.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no ISO 3166-1 country code (two upper-case letters, such as DE)")]
pub struct CountryError(String);

/// A country by its upper-case ISO 3166-1 alpha-2 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(&'static str);

impl Country {
    /// Reads an upper-case code that is assigned to a country.
    pub fn try_new(code: &str) -> Result<Self, CountryError> {
        match CODES.binary_search(&code) {
            Ok(found) => Ok(Self(CODES[found])),
            Err(_) => Err(CountryError(code.to_owned())),
        }
    }

    /// The code, such as `DE`.
    pub fn code(&self) -> &'static str {
        self.0
    }

    /// The code in lower case, as in file names and URLs.
    pub fn lower(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    fn as_str(&self) -> &'static str {
        self.0
    }
}

written_as_text!(Country, CountryError);

impl utoipa::PartialSchema for Country {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        crate::schema::one_of("Country of ISO 3166-1.", CODES)
    }
}

impl utoipa::ToSchema for Country {}

/// The 249 assigned codes, sorted.
#[rustfmt::skip]
const CODES: [&str; 249] = [
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ",
    "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS",
    "BT", "BV", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN",
    "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE",
    "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF",
    "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM",
    "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM",
    "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC",
    "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
    "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA",
    "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG",
    "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW",
    "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS",
    "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO",
    "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI",
    "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(CODES.is_sorted_by(|left, right| left < right));
        assert!(
            CODES.iter().all(|code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
        );
    }

    #[test]
    fn only_assigned_codes_in_capitals_are_countries() {
        let germany = Country::try_new("DE").unwrap();
        assert_eq!((germany.code(), germany.lower().as_str()), ("DE", "de"));
        for wrong in ["de", "UK", "EU", "XX", "DEU", "", "D"] {
            assert_eq!(Country::try_new(wrong), Err(CountryError(wrong.to_owned())));
        }
    }

    #[test]
    fn a_country_is_a_text_in_json() {
        let country: Country = serde_json::from_str(r#""CH""#).unwrap();
        assert_eq!(serde_json::to_string(&country).unwrap(), r#""CH""#);
        let wrong = serde_json::from_str::<Country>(r#""UK""#).unwrap_err();
        assert!(wrong.to_string().contains("`UK` is no ISO 3166-1 country code"), "{wrong}");
    }
}
