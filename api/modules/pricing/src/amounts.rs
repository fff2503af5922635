//! Amounts that a rule states for each currency.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vitrine_core::{Currency, Money, MoneyError};

/// Two amounts of one currency stand in the same place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is given twice")]
pub struct AmountsError(pub Currency);

/// An amount in each currency it is stated in, as a rule has it that holds in several countries.
///
/// Written `{ EUR = "49.90", JPY = 8800 }`: decimal texts, or integers for whole units. TOML's and JSON's fractional
/// numbers are refused, because they are binary fractions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts(BTreeMap<Currency, i64>);

impl Amounts {
    /// Nothing in any currency.
    pub fn new() -> Self {
        Self::default()
    }

    /// Amounts of different currencies.
    ///
    /// # Errors
    /// When a currency comes twice.
    pub fn try_of(amounts: impl IntoIterator<Item = Money>) -> Result<Self, AmountsError> {
        let mut map = BTreeMap::new();
        for amount in amounts {
            if map.insert(amount.currency(), amount.minor()).is_some() {
                return Err(AmountsError(amount.currency()));
            }
        }
        Ok(Self(map))
    }

    /// One amount.
    pub fn one(amount: Money) -> Self {
        Self(BTreeMap::from([(amount.currency(), amount.minor())]))
    }

    /// The amount in a currency.
    pub fn get(&self, currency: Currency) -> Option<Money> {
        self.minor(currency).map(|minor| Money::new(minor, currency))
    }

    /// The amount in a currency, in minor units.
    pub fn minor(&self, currency: Currency) -> Option<i64> {
        self.0.get(&currency).copied()
    }

    /// All amounts, by currency.
    pub fn iter(&self) -> impl Iterator<Item = Money> {
        self.0.iter().map(|(currency, minor)| Money::new(*minor, *currency))
    }

    /// Whether there is no currency.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl utoipa::PartialSchema for Amounts {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
        let whole = ObjectBuilder::new().schema_type(Type::Integer);
        let decimal = vitrine_core::schema::text("In whole units.", "^[0-9]+(\\.[0-9]+)?$", "49.90");
        let amount = Schema::OneOf(OneOfBuilder::new().item(decimal).item(whole).build());
        let all =
            ObjectBuilder::new().property_names(Some(Currency::schema())).additional_properties(Some(amount));
        all.description(Some("Amounts by currency; answers have them as texts.")).into()
    }
}

impl utoipa::ToSchema for Amounts {}

impl Serialize for Amounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|amount| (amount.currency(), amount.to_decimal())))
    }
}

impl<'de> Deserialize<'de> for Amounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AmountsVisitor)
    }
}

struct AmountsVisitor;

impl<'de> Visitor<'de> for AmountsVisitor {
    type Value = Amounts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("amounts by currency, such as { EUR = \"49.90\" }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Amounts, A::Error> {
        let mut amounts = BTreeMap::new();
        while let Some(currency) = map.next_key::<Currency>()? {
            let Decimal(text) = map.next_value()?;
            let amount = Money::parse(&text, currency).map_err(A::Error::custom)?;
            if amounts.insert(currency, amount.minor()).is_some() {
                return Err(A::Error::custom(AmountsError(currency)));
            }
        }
        Ok(Amounts(amounts))
    }
}

/// A decimal number as text, from a text or an integer.
struct Decimal(String);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DecimalVisitor;

        impl Visitor<'_> for DecimalVisitor {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount: a text such as \"49.90\", or an integer")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decimal, E> {
                // Whether the decimals fit is told with the currency at hand; euros exist and have two.
                match Money::parse(text, Currency::EUR) {
                    Err(MoneyError::NotDecimal(_)) => Err(E::custom(MoneyError::NotDecimal(text.to_owned()))),
                    _ => Ok(Decimal(text.to_owned())),
                }
            }

            fn visit_i64<E: serde::de::Error>(self, whole: i64) -> Result<Decimal, E> {
                Ok(Decimal(whole.to_string()))
            }

            fn visit_u64<E: serde::de::Error>(self, whole: u64) -> Result<Decimal, E> {
                Ok(Decimal(whole.to_string()))
            }
        }

        deserializer.deserialize_any(DecimalVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_texts_or_whole_numbers() {
        let read: Amounts = serde_json::from_str(r#"{"EUR":"49.90","JPY":8800,"KWD":"1.250"}"#).unwrap();
        assert_eq!(read.minor(Currency::EUR), Some(4990));
        assert_eq!(read.get(Currency::JPY), Some(Money::new(8800, Currency::JPY)));
        assert_eq!(read.get(Currency::USD), None);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(written, r#"{"EUR":"49.90","JPY":"8800","KWD":"1.250"}"#);
        assert_eq!(serde_json::from_str::<Amounts>(&written).unwrap(), read);
    }

    #[test]
    fn what_is_no_exact_amount_is_refused() {
        for wrong in [
            r#"{"EUR":49.9}"#,
            r#"{"EUR":"49,90"}"#,
            r#"{"EUR":"1.999"}"#,
            r#"{"JPY":"1.5"}"#,
            r#"{"eur":"1"}"#,
            r#"{"EUR":"1","EUR":"2"}"#,
            r#"["EUR"]"#,
        ] {
            assert!(serde_json::from_str::<Amounts>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Amounts::try_of([Money::eur(1), Money::eur(2)]), Err(AmountsError(Currency::EUR)));
    }
}
