//! What is wrong with a cart or an order, as problems with codes.

use vitrine_checkout::{Missing, Trouble};
use vitrine_payment::ProviderError;
use vitrine_pricing::PriceError;

use crate::{Code, Problem};

impl From<vitrine_cart::Error> for Problem {
    fn from(error: vitrine_cart::Error) -> Self {
        use vitrine_cart::Error;
        let told = error.to_string();
        match error {
            Error::NoCart => Self::new(Code::CartUnknown),
            Error::NoLine(_) => Self::new(Code::LineUnknown).detail(told),
            Error::Quantity { most, .. } => {
                Self::new(Code::QuantityInvalid).detail(told).field("quantity").with("most", most)
            }
            Error::TooManyLines { most } => {
                Self::new(Code::CartFull).detail(told).field("sku").with("most", most)
            }
            Error::TooManyCodes { most } => {
                Self::new(Code::CartFull).detail(told).field("code").with("most", most)
            }
            Error::Code { .. } => Self::new(Code::CodeInvalid).detail(told).field("code"),
            Error::Word { field, .. } => {
                let field = if field == "payment_method" { "payment" } else { field };
                Self::new(Code::FieldInvalid).detail(told).field(field)
            }
            Error::NotSold(sku) => Self::new(Code::NotSold).detail(told).field("sku").with("sku", sku),
            Error::TooFewLeft { sku, left } => {
                let problem = Self::new(Code::TooFewLeft).detail(told).field("quantity");
                problem.with("sku", sku).with("left", left)
            }
            Error::Raced => Self::new(Code::CartChanged).retry_after(1),
            Error::NoStore(_) => Self::new(Code::StoreUnknown),
            Error::NoCountry { .. } => Self::new(Code::CountryUnknown),
            Error::Price(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<PriceError> for Problem {
    fn from(error: PriceError) -> Self {
        let told = error.to_string();
        match error {
            PriceError::NoTaxTable(country) => {
                let problem = Self::new(Code::DestinationNotServed).field("destination.country");
                problem.detail(format!("nothing is sent to {country}"))
            }
            PriceError::UnknownRegion { country, region } => {
                let problem = Self::new(Code::DestinationNotServed).field("destination.region");
                problem.detail(format!("{country} has no region `{region}` that goods are sent to"))
            }
            PriceError::Sum => Self::new(Code::CartFull).detail(told).field("quantity"),
            error => Self::internal(&error),
        }
    }
}

impl From<vitrine_checkout::Error> for Problem {
    fn from(error: vitrine_checkout::Error) -> Self {
        use vitrine_checkout::Error;
        let told = error.to_string();
        match error {
            Error::Missing(fields) => missing(&fields).detail(told),
            Error::Empty => Self::new(Code::CartEmpty),
            Error::Stopped(notices) => Self::new(Code::CartStopped).with("notices", notices),
            Error::PriceChanged { expected, total, notices } => {
                let problem = Self::new(Code::PriceChanged).detail(told).field("expected");
                problem.with("expected", expected).with("total", total).with("notices", notices)
            }
            Error::Short(short) => {
                let left = short.first().map(|short| short.left);
                Self::new(Code::TooFewLeft).with("left", left).with("short", short)
            }
            Error::Exhausted { limited, how } => {
                Self::new(Code::PromotionExhausted).with("exhausted", limited).with("how", how)
            }
            Error::CartChanged => Self::new(Code::CartChanged).retry_after(1),
            Error::KeyReused => Self::new(Code::IdempotencyKeyReused),
            Error::Key { .. } => Self::new(Code::IdempotencyKeyInvalid).detail(told),
            Error::Cart(error) => error.into(),
            Error::Order(error) => error.into(),
            Error::Payment(error) => error.into(),
            Error::Price(error) => error.into(),
            Error::Inventory(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

/// A choice that is not offered has a code of its own, where nothing else is wrong.
fn missing(fields: &[Missing]) -> Problem {
    let code = match fields {
        [Missing { field, trouble: Trouble::NotOffered }] if field == "payment" => {
            Code::PaymentMethodNotOffered
        }
        [Missing { field, trouble: Trouble::NotOffered }] if field == "delivery" => Code::DeliveryNotOffered,
        _ => Code::FieldsMissing,
    };
    let problem = Problem::new(code).with("fields", fields);
    match fields.first() {
        Some(first) => problem.field(format!("details.{}", first.field)),
        None => problem,
    }
}

impl From<vitrine_order::Error> for Problem {
    fn from(error: vitrine_order::Error) -> Self {
        use vitrine_order::Error;
        let told = error.to_string();
        match error {
            Error::NoOrder => Self::new(Code::OrderUnknown),
            Error::NotNow { found, .. } | Error::State { found, .. } => {
                Self::new(Code::OrderNotOpen).with("state", found)
            }
            Error::Units { line, left, .. } => {
                let problem = Self::new(Code::UnitsInvalid).detail(told).field(format!("units.{line}"));
                problem.with("left", left)
            }
            Error::Nothing { .. } => Self::new(Code::UnitsInvalid).detail(told).field("units"),
            Error::Text { field, .. } => Self::new(Code::FieldInvalid).detail(told).field(field),
            error => Self::internal(&error),
        }
    }
}

impl From<vitrine_payment::Error> for Problem {
    fn from(error: vitrine_payment::Error) -> Self {
        use vitrine_payment::Error;
        let told = error.to_string();
        match error {
            // Of an attempt, shoppers give the token only.
            Error::Text { field: "token", .. } => {
                Self::new(Code::FieldInvalid).detail(told).field("payment_token")
            }
            Error::Provider(ProviderError::Webhook(why)) => Self::new(Code::WebhookRefused).detail(why),
            Error::Amount(_) | Error::Currency { .. } | Error::NotAll { .. } => {
                Self::new(Code::FieldInvalid).detail(told).field("amount")
            }
            Error::TooMuch { left, .. } => {
                Self::new(Code::AmountExceeded).detail(told).field("amount").with("left", left)
            }
            Error::State { state, .. } => Self::new(Code::PaymentNotOpen).with("state", state),
            // What costs nothing has no payment.
            Error::UnknownAttempt(_) => Self::new(Code::PaymentNotOpen).with("state", ()),
            error => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use vitrine_core::Money;
    use vitrine_pricing::{Exhausted, Limited};

    use super::*;

    fn body(error: impl Into<Problem>) -> Value {
        serde_json::from_str(&error.into().body(None)).unwrap()
    }

    #[test]
    fn who_comes_too_late_is_told_of_what() {
        let limited = Limited::Promotion("summer".parse().unwrap());
        let told = body(vitrine_checkout::Error::Exhausted { limited, how: Exhausted::InAll });
        assert_eq!(told["code"], "promotion_exhausted");
        assert_eq!((&told["exhausted"], &told["how"]), (&json!({ "promotion": "summer" }), &json!("in_all")));
        let short = vitrine_inventory::Shortage { sku: "A".parse().unwrap(), wanted: 3, left: 1 };
        let told = body(vitrine_checkout::Error::Short(vec![short]));
        assert_eq!((&told["code"], &told["left"]), (&json!("too_few_left"), &json!(1)));
        assert_eq!(told["short"], json!([{ "sku": "A", "wanted": 3, "left": 1 }]));
        assert_eq!(body(vitrine_cart::Error::Raced)["code"], "cart_changed");
        assert_eq!(body(vitrine_checkout::Error::CartChanged)["code"], "cart_changed");
    }

    #[test]
    fn a_changed_price_comes_with_both_totals() {
        let told = body(vitrine_checkout::Error::PriceChanged {
            expected: Money::eur(100),
            total: Money::eur(120),
            notices: vec![],
        });
        assert_eq!(told["expected"], json!({ "minor": 100, "currency": "EUR" }));
        assert_eq!(told["total"], json!({ "minor": 120, "currency": "EUR" }));
    }

    #[test]
    fn what_fails_inside_says_nothing() {
        let broken = || vitrine_db::DbError::Corrupt { table: "cart_cart", what: "SELECT secret".to_owned() };
        for problem in [
            Problem::from(vitrine_cart::Error::Db(broken())),
            vitrine_checkout::Error::Db(broken()).into(),
            vitrine_checkout::Error::Cart(vitrine_cart::Error::Db(broken())).into(),
            vitrine_order::Error::Db(broken()).into(),
            vitrine_payment::Error::Db(broken()).into(),
            vitrine_checkout::Error::Corrupt("SELECT secret".to_owned()).into(),
        ] {
            assert_eq!(problem.code(), Code::Internal);
            assert!(!problem.body(None).contains("SELECT"), "{problem:?}");
        }
    }
}
