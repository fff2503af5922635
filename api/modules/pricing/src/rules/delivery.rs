//! How goods are delivered and what that costs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use vitrine_core::{Country, Locale, typed_id, written_as_text};

use crate::{Amounts, Destination};

typed_id!(
    /// Names a way of delivery, such as `parcel`.
    MethodId, "delivery method"
);
typed_id!(
    /// Names a zone of delivery.
    ZoneId, "delivery zone"
);

/// All ways of delivery of a shop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryRules {
    /// Where goods are delivered to.
    pub zones: Vec<Zone>,
    /// How, in the order shown.
    pub methods: Vec<Method>,
}

/// Destinations that cost the same: a country, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Names it.
    pub id: ZoneId,
    /// The country.
    pub country: Country,
    /// Regions of it; the whole country, if neither regions nor postcodes are named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub regions: BTreeSet<String>,
    /// Postcodes of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postcodes: Vec<PostcodePattern>,
}

/// A way of delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Names it.
    pub id: MethodId,
    /// What shoppers read, by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Locale, String>,
    /// What it costs in each zone it goes to.
    pub zones: Vec<MethodZone>,
}

/// What a way of delivery costs in a zone, and how long it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodZone {
    /// The zone.
    pub zone: ZoneId,
    /// Working days on the way, at least and at most.
    pub days: (u16, u16),
    /// Goods before promotions from which it is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_from: Option<Amounts>,
    /// Of those that match a cart the cheapest holds; it is not offered if none does.
    pub rates: Vec<RateStep>,
}

/// A rate by weight and subtotal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateStep {
    /// For carts up to this weight in grams; of any weight, if not stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_g: Option<u64>,
    /// For goods that cost this much before promotions; any, if not stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_subtotal: Option<Amounts>,
    /// What it costs.
    pub price: Amounts,
}

/// Postcodes: one (`27498`), those with a beginning (`274*`), or a range of equal length (`18565..18569`).
///
/// Blanks and hyphens don't count, nor does the case of letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PostcodePattern {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    One(String),
    Beginning(String),
    Range(String, String),
}

/// The text is no pattern of postcodes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no postcode (`27498`), beginning (`274*`) or range of equal length (`18565..18569`)")]
pub struct PatternError(String);

impl PostcodePattern {
    /// Reads a postcode, a beginning or a range.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn try_new(text: &str) -> Result<Self, PatternError> {
        let wrong = || PatternError(text.to_owned());
        let kind = if let Some((from, to)) = text.split_once("..") {
            Kind::Range(postcode(from), postcode(to))
        } else if let Some(beginning) = text.strip_suffix('*') {
            Kind::Beginning(postcode(beginning))
        } else {
            Kind::One(postcode(text))
        };
        let whole = |code: &String| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let fits = match &kind {
            Kind::One(code) | Kind::Beginning(code) => whole(code),
            Kind::Range(from, to) => whole(from) && whole(to) && from.len() == to.len() && from <= to,
        };
        if fits { Ok(Self { text: text.to_owned(), kind }) } else { Err(wrong()) }
    }

    fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a postcode, as a shopper writes it, is meant.
    pub fn matches(&self, written: &str) -> bool {
        let code = postcode(written);
        match &self.kind {
            Kind::One(one) => code == *one,
            Kind::Beginning(beginning) => code.starts_with(beginning.as_str()),
            Kind::Range(from, to) => code.len() == from.len() && *from <= code && code <= *to,
        }
    }
}

written_as_text!(PostcodePattern, PatternError);

fn postcode(written: &str) -> String {
    let kept = written.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

impl DeliveryRules {
    /// The zone of a destination: one that names its postcode before one that names its region before one of its
    /// whole country; of several the first.
    pub fn zone(&self, destination: &Destination) -> Option<&Zone> {
        let ranked = self.zones.iter().filter_map(|zone| Some((zone.rank(destination)?, zone)));
        // `max_by_key` would give the last of equals.
        ranked.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, zone)| zone)
    }
}

impl Zone {
    /// How closely a destination is meant; not at all without a number.
    fn rank(&self, destination: &Destination) -> Option<u8> {
        if self.country != destination.country {
            return None;
        }
        let named = |region: &String| self.regions.contains(region);
        let in_region = self.regions.is_empty() || destination.region.as_ref().is_some_and(named);
        let listed = |code: &String| self.postcodes.iter().any(|pattern| pattern.matches(code));
        let in_postcodes = self.postcodes.is_empty() || destination.postcode.as_ref().is_some_and(listed);
        let rank = 2 * u8::from(!self.postcodes.is_empty()) + u8::from(!self.regions.is_empty());
        (in_region && in_postcodes).then_some(rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PostcodePattern {
        PostcodePattern::try_new(text).unwrap()
    }

    #[test]
    fn postcodes_match_however_they_are_written() {
        assert!(pattern("BT*").matches("bt7 1nn") && !pattern("BT*").matches("B1 1AA"));
        assert!(pattern("100-0001").matches("1000001"));
        let range = pattern("18565..18569");
        assert!(range.matches("18565") && range.matches("18 569") && !range.matches("18570"));
        assert!(!range.matches("185650"), "longer codes lie in no range of shorter ones");
        for wrong in ["", "*", "..", "1..", "20..10", "1..22", "12,5"] {
            assert!(PostcodePattern::try_new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_closest_zone_is_the_destinations() {
        let zone = |id: &str, regions: &[&str], postcodes: &[&str]| Zone {
            id: ZoneId::try_new(id).unwrap(),
            country: "US".parse().unwrap(),
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
            postcodes: postcodes.iter().map(|text| pattern(text)).collect(),
        };
        let zones =
            vec![zone("all", &[], &[]), zone("west", &["CA", "HI"], &[]), zone("isle", &[], &["967*"])];
        let rules = DeliveryRules { zones, methods: Vec::new() };
        let of = |region: Option<&str>, postcode: Option<&str>| {
            let destination = Destination {
                country: "US".parse().unwrap(),
                region: region.map(str::to_owned),
                postcode: postcode.map(str::to_owned),
            };
            rules.zone(&destination).unwrap().id.to_string()
        };
        assert_eq!(of(None, None), "all");
        assert_eq!(of(Some("NY"), Some("10001")), "all");
        assert_eq!(of(Some("HI"), None), "west");
        assert_eq!(of(Some("HI"), Some("96701")), "isle");
        let nowhere = Destination::country("DE".parse().unwrap());
        assert_eq!(rules.zone(&nowhere), None);
    }
}
