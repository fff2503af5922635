//! What a delivery says: its id, and the items or where to fetch them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use vitrine_core::{ContentHash, Hasher, StoreId};

use crate::Error;

const LONGEST_ID: usize = 128;
/// Longest address, bytes: what servers commonly take.
const LONGEST_ADDRESS: usize = 2_048;
/// Lines of the feed format that an item may be.
const ITEMS: &str = "schema, category, product or remove_product";

/// A delivery's body, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Names the delivery; the same id twice is the same delivery.
    pub id: String,
    /// What it brings.
    pub source: Source,
}

/// Where the items are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// At an address, as a catalog feed.
    Feed(String),
    /// In the body; one line of the catalog feed each, without header and end.
    Items(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    id: String,
    feed: Option<String>,
    items: Option<Vec<Box<RawValue>>>,
}

impl Body {
    /// Reads `{"id": .., "feed": ..}` or `{"id": .., "items": [..]}`.
    ///
    /// # Errors
    /// [`Error::Body`], which names the wrong field.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        // A list would be taken for the fields in their order.
        if bytes.trim_ascii_start().starts_with(b"[") {
            return Err(wrong("id", "an object with `id`, found a list"));
        }
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let read: Result<Wire, _> = serde_path_to_error::deserialize(&mut json);
        let Wire { id, feed, items } = read.map_err(|error| misread(&error))?;
        json.end().map_err(|error| Error::Body { field: None, why: error.to_string() })?;
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(word) {
            return Err(wrong("id", format!("1 to {LONGEST_ID} of a-z A-Z 0-9 . _ : -")));
        }
        let source = match (feed, items) {
            (Some(feed), None) if feed.len() <= LONGEST_ADDRESS => Source::Feed(feed),
            (Some(_), None) => return Err(wrong("feed", format!("at most {LONGEST_ADDRESS} bytes"))),
            (None, Some(items)) if items.is_empty() => return Err(wrong("items", "at least one item")),
            (None, Some(items)) => Source::Items(
                items
                    .iter()
                    .enumerate()
                    .map(|(number, item)| line(number, item))
                    .collect::<Result<_, _>>()?,
            ),
            (Some(_), Some(_)) => return Err(wrong("items", "`feed` or `items`, not both")),
            (None, None) => return Err(wrong("feed", "`feed` or `items`")),
        };
        Ok(Self { id, source })
    }
}

impl Source {
    /// What tells two deliveries with one id apart.
    pub(crate) fn hash(&self) -> ContentHash {
        match self {
            Self::Feed(address) => {
                Hasher::new("intake feed").hash(&ContentHash::of(address.as_bytes())).finish()
            }
            Self::Items(lines) => {
                Hasher::new("intake items").hash(&ContentHash::of(lines.join("\n").as_bytes())).finish()
            }
        }
    }
}

/// Items of a body as a whole delta feed of a store.
pub(crate) fn feed(store: &StoreId, lines: &[String]) -> String {
    let products = lines.iter().filter(|line| key(line).as_deref() == Some("product")).count();
    let mut feed = format!(r#"{{"feed":"vitrine-catalog","version":1,"store":"{store}","mode":"delta"}}"#);
    for line in lines {
        feed.push('\n');
        feed.push_str(line);
    }
    feed.push_str(&format!("\n{{\"end\":{{\"products\":{products}}}}}\n"));
    feed
}

/// An item as one line: its text as it came, so that a price keeps its digits.
fn line(number: usize, item: &RawValue) -> Result<String, Error> {
    // In JSON a line break stands between tokens only.
    let line = item.get().replace(['\n', '\r'], " ");
    match key(&line).as_deref() {
        Some("schema" | "category" | "product" | "remove_product") => Ok(line),
        _ => Err(wrong(&format!("items[{number}]"), format!("one of {ITEMS}"))),
    }
}

/// The only key of an object.
fn key(line: &str) -> Option<String> {
    let keys: BTreeMap<String, IgnoredAny> = serde_json::from_str(line).ok()?;
    let mut keys = keys.into_keys();
    keys.next().filter(|_| keys.next().is_none())
}

fn wrong(field: &str, expected: impl Into<String>) -> Error {
    Error::Body { field: Some(field.to_owned()), why: format!("expected {}", expected.into()) }
}

fn misread(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let (path, why) = (error.path().to_string(), error.inner().to_string());
    let is_data = error.inner().classify() == serde_json::error::Category::Data;
    let field = match missing(&why) {
        Some(name) => Some(name.to_owned()),
        None => (path != ".").then_some(path),
    };
    Error::Body { field: field.filter(|_| is_data), why }
}

/// The name of a field that is not there: a path leads only to what is.
fn missing(why: &str) -> Option<&str> {
    why.strip_prefix("missing field `")?.split('`').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> String {
        Body::parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_body_names_a_feed_or_brings_items() {
        let feed = Body::parse(br#"{"id":"d-1","feed":"https://pim.example/delta.ndjson"}"#).unwrap();
        assert_eq!(feed.source, Source::Feed("https://pim.example/delta.ndjson".into()));
        let items = br#"{"id":"d-2","items":[{"product":{"id":"a","price":499.00}},
            {"remove_product":
              "b"}]}"#;
        let Source::Items(lines) = Body::parse(items).unwrap().source else { panic!("no items") };
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], r#"{"product":{"id":"a","price":499.00}}"#, "digits stay as they came");
        assert!(!lines[1].contains('\n'));
    }

    #[test]
    fn items_become_a_whole_feed() {
        let body = Body::parse(
            br#"{"id":"d","items":[{"schema":{}},{"product":{"id":"a"}},{"product":{"id":"b"}}]}"#,
        );
        let Source::Items(lines) = body.unwrap().source else { panic!("no items") };
        assert_eq!(
            feed(&StoreId::try_new("tiny").unwrap(), &lines),
            "{\"feed\":\"vitrine-catalog\",\"version\":1,\"store\":\"tiny\",\"mode\":\"delta\"}\n{\"schema\":{}}\n\
             {\"product\":{\"id\":\"a\"}}\n{\"product\":{\"id\":\"b\"}}\n{\"end\":{\"products\":2}}\n"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, said) in [
            ("", "EOF while parsing"),
            ("{", "EOF while parsing"),
            (r#"{"id":"a","feed":"x"} {}"#, "trailing characters"),
            (r#" ["a","x",null]"#, "id: expected an object"),
            (r#"{"feed":"x"}"#, "id: missing field `id`"),
            (r#"{"id":1,"feed":"x"}"#, "id: invalid type: integer `1`, expected a string"),
            (r#"{"id":"","feed":"x"}"#, "id: expected 1 to 128 of"),
            (r#"{"id":"a b","feed":"x"}"#, "id: expected 1 to 128 of"),
            (r#"{"id":"a"}"#, "feed: expected `feed` or `items`"),
            (r#"{"id":"a","feed":"x","items":[]}"#, "items: expected `feed` or `items`, not both"),
            (r#"{"id":"a","items":[]}"#, "items: expected at least one item"),
            (r#"{"id":"a","items":{}}"#, "items: invalid type: map"),
            (r#"{"id":"a","colour":"red"}"#, "colour: unknown field `colour`"),
            (r#"{"id":"a","items":[{"product":{}},1]}"#, "items[1]: expected one of schema"),
            (r#"{"id":"a","items":[{"end":{"products":0}}]}"#, "items[0]: expected one of schema"),
            (r#"{"id":"a","items":[{"product":{},"category":{}}]}"#, "items[0]: expected one of schema"),
        ] {
            let found = complaint(text);
            assert!(found.starts_with(said), "{text}: {found}");
        }
        let long = format!(r#"{{"id":"{}","feed":"x"}}"#, "a".repeat(129));
        assert!(complaint(&long).starts_with("id: "));
        let long = format!(r#"{{"id":"a","feed":"{}"}}"#, "a".repeat(2_049));
        assert!(complaint(&long).starts_with("feed: "));
    }

    #[test]
    fn the_same_content_has_the_same_hash() {
        let hash = |text: &str| Body::parse(text.as_bytes()).unwrap().source.hash();
        let one = hash(r#"{"id":"a","items":[{"remove_product":"x"}]}"#);
        assert_eq!(one, hash(r#"{ "items" : [{"remove_product":"x"}], "id":"b" }"#));
        assert_ne!(one, hash(r#"{"id":"a","items":[{"remove_product":"y"}]}"#));
        assert_ne!(one, hash(r#"{"id":"a","feed":"{\"remove_product\":\"x\"}"}"#));
    }
}
