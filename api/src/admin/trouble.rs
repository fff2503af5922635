//! What is wrong with a write of an admin, as problems with codes.

use serde::Serialize;
use utoipa::ToSchema;
use vitrine_pricing::Invalid;

use crate::{Code, Problem};

/// A field that is wrong, where several are told at once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WrongField {
    field: String,
    detail: String,
}

impl From<vitrine_inventory::Error> for Problem {
    fn from(error: vitrine_inventory::Error) -> Self {
        use vitrine_inventory::Error;
        let told = error.to_string();
        let field = |field: &str| Self::new(Code::FieldInvalid).field(field).detail(&told);
        match error {
            Error::Quantity { .. } => field("quantity"),
            Error::Text { field: name, .. } => field(name),
            Error::UnknownLocation(_) => field("location"),
            Error::Empty | Error::TooMany { .. } | Error::Twice { .. } => field("lines"),
            Error::Below { sku, on_hand, .. } => {
                Self::new(Code::TooFewLeft).detail(told).with("sku", sku).with("left", on_hand)
            }
            error => Self::internal(&error),
        }
    }
}

impl From<vitrine_catalog::Error> for Problem {
    fn from(error: vitrine_catalog::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<vitrine_promotion::Error> for Problem {
    /// The first field that is wrong stands where all problems have it, all of them in `fields`.
    fn from(error: vitrine_promotion::Error) -> Self {
        let vitrine_promotion::Error::Invalid { invalid, .. } = &error else { return Self::internal(&error) };
        let wrong = |wrong: &Invalid| WrongField { field: wrong.field.clone(), detail: wrong.what.clone() };
        let fields: Vec<WrongField> = invalid.iter().map(wrong).collect();
        let problem = Self::new(Code::FieldInvalid).detail(error.to_string()).with("fields", fields);
        match invalid.first() {
            Some(first) => problem.field(&first.field),
            None => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_inside_says_nothing() {
        let broken =
            || vitrine_db::DbError::Corrupt { table: "promotion_document", what: "SELECT secret".to_owned() };
        for problem in [
            Problem::from(vitrine_inventory::Error::Db(broken())),
            vitrine_promotion::Error::Db(broken()).into(),
            vitrine_checkout::Error::Inventory(vitrine_inventory::Error::Db(broken())).into(),
        ] {
            assert_eq!(problem.code(), Code::Internal);
            assert!(!problem.body(None).contains("SELECT"), "{problem:?}");
        }
    }
}
