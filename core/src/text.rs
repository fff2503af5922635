//! The traits of every type that is written as one word.

use serde::de::Visitor;

/// Implements `Display`, `FromStr`, `AsRef<str>`, `Serialize` and `Deserialize` for a checked text.
///
/// The type needs `fn try_new(&str) -> Result<Self, $error>` and `fn as_str(&self) -> &str`. With
/// `computed` in front, for a type that holds no text, `Display` in place of `as_str`.
#[doc(hidden)]
#[macro_export]
macro_rules! written_as_text {
    ($name:ty, $error:ty) => {
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        $crate::written_as_text!(computed $name, $error);
    };
    (computed $name:ty, $error:ty) => {
        impl ::std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> ::std::result::Result<Self, $error> {
                Self::try_new(text)
            }
        }

        impl $crate::__serde::Serialize for $name {
            fn serialize<S: $crate::__serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> $crate::__serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                deserializer.deserialize_str($crate::__TextVisitor(Self::try_new))
            }
        }
    };
}

/// Reads a text through its type's own check, without a copy in between.
#[doc(hidden)]
#[derive(Debug)]
pub struct TextVisitor<T, E>(pub fn(&str) -> Result<T, E>);

impl<T, E: std::fmt::Display> Visitor<'_> for TextVisitor<T, E> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<D: serde::de::Error>(self, text: &str) -> Result<T, D> {
        (self.0)(text).map_err(D::custom)
    }
}
