//! What changes in a store, and where a row came from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Country, Revision};

/// The word is not one of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{found}` is no {what} (allowed: {allowed})")]
pub struct EventError {
    /// What was read, in words.
    pub what: &'static str,
    /// The word found.
    pub found: String,
    /// The allowed words, separated by commas.
    pub allowed: String,
}

/// Defines an enumeration whose members are written as one word, in JSON as in the database.
macro_rules! words {
    (
        $(#[$doc:meta])* $name:ident, $what:literal:
        $($(#[$member_doc:meta])* $member:ident = $word:literal,)+
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name {
            $($(#[$member_doc])* #[serde(rename = $word)] $member,)+
        }

        impl $name {
            /// Every member, in order.
            pub const ALL: &'static [Self] = &[$(Self::$member,)+];

            /// The word, as in JSON and in the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$member => $word,)+
                }
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                crate::schema::one_of($what, Self::ALL.iter().map(|word| word.as_str()))
            }
        }

        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::EventError;

            fn from_str(word: &str) -> Result<Self, $crate::EventError> {
                match word {
                    $($word => Ok(Self::$member),)+
                    _ => Err($crate::EventError {
                        what: $what,
                        found: word.to_owned(),
                        allowed: [$($word,)+].join(", "),
                    }),
                }
            }
        }
    };
}

pub(crate) use words;

words!(
    /// The kinds of things that pages are made of.
    EntityKind, "kind of entity":
    /// The store's own facts: name, origin, organization.
    Store = "store",
    /// A country and its rules.
    Country = "country",
    /// An attribute definition or product type.
    Attribute = "attribute",
    /// A category of the catalog.
    Category = "category",
    /// A product with its variants and prices.
    Product = "product",
    /// A content page.
    Page = "page",
    /// The menus.
    Navigation = "navigation",
    /// The words of the interface in a language.
    Strings = "strings",
    /// A picture and its alt text.
    Media = "media",
    /// An address that leads elsewhere.
    Redirect = "redirect",
);

words!(
    /// What happened to an entity.
    ChangeKind, "kind of change":
    /// It is new.
    Added = "added",
    /// Its own facts or texts changed.
    Changed = "changed",
    /// It is gone.
    Removed = "removed",
    /// Only its stock state changed.
    Availability = "availability",
    /// Only its rating changed.
    Rating = "rating",
    /// Only a price changed.
    Price = "price",
);

words!(
    /// Where a row came from; an import touches only rows of its own origin.
    Origin, "origin":
    /// The content folder.
    Files = "files",
    /// A catalog feed.
    Feed = "feed",
    /// Someone edited it through the API.
    Admin = "admin",
);

/// One thing that pages are made of, by kind and id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Its id among its kind.
    pub id: String,
}

impl Entity {
    /// Names an entity.
    pub fn new(kind: EntityKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

/// Something that happened to an entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Change {
    /// What it happened to.
    pub entity: Entity,
    /// What happened.
    pub kind: ChangeKind,
    /// The countries whose pages it can touch; empty means all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub countries: BTreeSet<Country>,
}

impl Change {
    /// A change that can touch the pages of every country.
    pub fn new(entity: Entity, kind: ChangeKind) -> Self {
        Self { entity, kind, countries: BTreeSet::new() }
    }

    /// The same, seen in these countries only; none means all.
    #[must_use]
    pub fn within(self, countries: BTreeSet<Country>) -> Self {
        Self { countries, ..self }
    }
}

/// A change with the revision that made it: one row of the change log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RevisedChange {
    /// The store's revision after the change.
    pub revision: Revision,
    /// The change.
    pub change: Change,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_same_in_json_and_text() {
        for &kind in EntityKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!(ChangeKind::ALL.len(), 6);
        assert_eq!("feed".parse(), Ok(Origin::Feed));
    }

    #[test]
    fn an_unknown_word_is_told_with_the_allowed_ones() {
        let wrong = "file".parse::<Origin>().unwrap_err();
        assert_eq!(wrong.to_string(), "`file` is no origin (allowed: files, feed, admin)");
    }

    #[test]
    fn a_change_survives_json() {
        let change = RevisedChange {
            revision: Revision(3),
            change: Change::new(Entity::new(EntityKind::Product, "cloud-mattress"), ChangeKind::Price),
        };
        let json = serde_json::to_string(&change).unwrap();
        assert!(!json.contains("countries"), "{json}");
        assert_eq!(serde_json::from_str::<RevisedChange>(&json).unwrap(), change);
        let countries = BTreeSet::from([Country::try_new("DE").unwrap()]);
        let change = RevisedChange { change: change.change.within(countries), ..change };
        let json = serde_json::to_string(&change).unwrap();
        assert_eq!(serde_json::from_str::<RevisedChange>(&json).unwrap(), change);
    }
}
