//! How words look where the API is described: JSON Schema, as OpenAPI has it.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// A text that matches a regular expression, as a value that is read through its type's own check.
pub fn text(what: &str, pattern: &str, example: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    text.description(Some(what)).examples([example]).into()
}

/// One of some words.
pub fn one_of<'a>(what: &str, words: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
    word.description(Some(what)).into()
}

/// Implements `ToSchema` for a type that is written as a text.
#[doc(hidden)]
#[macro_export]
macro_rules! described_as_text {
    ($name:ty, $what:expr, $pattern:expr, $example:expr) => {
        impl $crate::__utoipa::PartialSchema for $name {
            fn schema() -> $crate::__utoipa::openapi::RefOr<$crate::__utoipa::openapi::Schema> {
                $crate::schema::text($what, $pattern, $example)
            }
        }

        impl $crate::__utoipa::ToSchema for $name {}
    };
}
