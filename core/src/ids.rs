//! Typed ids, so that a product's id cannot stand where a category's belongs.

use serde::{Deserialize, Serialize};
use thiserror::Error;

const MAX_ID: usize = 64;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is no {what} (1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit)")]
pub struct IdError {
    /// The kind of id, in words.
    pub what: &'static str,
    /// The text found.
    pub text: String,
}

/// Whether a text may be an id.
///
/// Ids begin with a letter or digit because they are folder names too, and `..` must not be one.
#[doc(hidden)]
pub fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    text.len() <= MAX_ID
        && text.bytes().all(allowed)
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
}

/// Defines an id: a checked text of its own type.
///
/// ```
/// vitrine_core::typed_id!(
///     /// Names a warehouse.
///     WarehouseId, "warehouse id"
/// );
/// assert!(WarehouseId::try_new("berlin-1").is_ok());
/// assert!(WarehouseId::try_new("Berlin 1").is_err());
/// ```
#[macro_export]
macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit.
            pub fn try_new(text: &str) -> ::std::result::Result<Self, $crate::IdError> {
                if $crate::__is_id(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($crate::IdError { what: $what, text: text.to_owned() })
                }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        $crate::written_as_text!($name, $crate::IdError);
        $crate::described_as_text!($name, $what, "^[a-z0-9][a-z0-9._-]{0,63}$", "cloud-1");
    };
}

typed_id!(
    /// Names a store, the tenant that all rows belong to.
    StoreId, "store id"
);
typed_id!(
    /// Names a product.
    ProductId, "product id"
);
typed_id!(
    /// Names a category.
    CategoryId, "category id"
);
typed_id!(
    /// Names a content page.
    PageName, "page name"
);
typed_id!(
    /// Names an attribute, such as `size`.
    AttributeId, "attribute id"
);
typed_id!(
    /// Names a product type, such as `mattress`.
    ProductTypeId, "product type"
);
typed_id!(
    /// Names a tax class, such as `standard`.
    TaxClass, "tax class"
);

/// A store's change counter: it grows by one with every committed write of catalog or content.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct Revision(pub i64);

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_safe_folder_name() {
        for id in ["nimbus", "bed-frame.2", "90x200", "a_b", &"a".repeat(64)] {
            assert_eq!(ProductId::try_new(id).unwrap().as_str(), id);
        }
        for wrong in ["", ".", "..", "-a", "_a", "A", "a/b", "a b", "ä", &"a".repeat(65)] {
            assert!(ProductId::try_new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_error_names_the_kind_of_id() {
        let wrong = CategoryId::try_new("Betten").unwrap_err();
        assert!(wrong.to_string().starts_with("`Betten` is no category id"), "{wrong}");
        assert!(serde_json::from_str::<TaxClass>(r#""Standard""#).is_err());
    }

    #[test]
    fn a_revision_is_a_number_in_json() {
        assert_eq!(serde_json::to_string(&Revision(7)).unwrap(), "7");
        assert_eq!(Revision(7).to_string(), "7");
    }
}
