//! What stands after the question mark of an admin's request.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use utoipa::ToSchema;

use crate::document::Refuses;
use crate::{Api, Code, Problem};

/// Things of a page, unless another number is asked for.
const USUAL: u32 = 50;
/// Most things of a page.
const MOST: u32 = 200;

/// Names and values, each name once.
#[derive(Debug, Default)]
pub(crate) struct Asked(BTreeMap<String, String>);

impl FromRequestParts<Api> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

impl Refuses for Asked {
    const CODES: &'static [Code] = &[Code::QueryInvalid];
}

impl Asked {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut asked = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = value.replace('+', " ");
            let value = percent_decode_str(&value).decode_utf8_lossy().into_owned();
            if asked.insert(name.to_owned(), value).is_some() {
                return Err(wrong(name, "is there twice"));
            }
        }
        Ok(Self(asked))
    }

    /// The value of a name, taken out.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn take<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        self.take_as(name, |text| text.parse().map_err(|error: T::Err| error.to_string()))
    }

    /// The same, read by a function that says what is wrong.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn take_as<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.0.remove(name) else { return Ok(None) };
        read(&text).map(Some).map_err(|why| wrong(name, &why))
    }

    /// How many things a page may have: `limit`.
    ///
    /// # Errors
    /// When it is none of 1 to 200.
    pub(crate) fn limit(&mut self) -> Result<u32, Problem> {
        let limit = self.take_as("limit", |text| match text.parse() {
            Ok(limit) if (1..=MOST).contains(&limit) => Ok(limit),
            _ => Err(format!("must be 1 to {MOST}")),
        })?;
        Ok(limit.unwrap_or(USUAL))
    }

    /// Refuses what nobody asked for: a misspelled filter would show more than was meant.
    ///
    /// # Errors
    /// When something is left.
    pub(crate) fn end(self) -> Result<(), Problem> {
        match self.0.into_keys().next() {
            Some(name) => Err(wrong(&name, "is not known here")),
            None => Ok(()),
        }
    }
}

fn wrong(name: &str, why: &str) -> Problem {
    Problem::new(Code::QueryInvalid).field(name).detail(why)
}

/// Some of many things.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    /// Where the next page begins; nothing where there is none.
    next: Option<String>,
}

impl<T> Page<T> {
    /// A page of a limit; `place` says where the one after its last item begins.
    pub(crate) fn new(items: Vec<T>, limit: u32, place: impl FnOnce(&T) -> String) -> Self {
        let is_full = u32::try_from(items.len()).is_ok_and(|found| found >= limit);
        let next = items.last().filter(|_| is_full).map(place);
        Self { items, next }
    }

    /// The same with other items.
    pub(crate) fn map<U>(self, other: impl FnMut(&T) -> U) -> Page<U> {
        Page { items: self.items.iter().map(other).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_by_name_and_the_rest_is_refused() {
        let mut asked = Asked::read("state=placed&email=a%2Bb%40example.com&limit=7&&name=a+b").unwrap();
        assert_eq!(asked.take::<String>("email").unwrap().as_deref(), Some("a+b@example.com"));
        assert_eq!((asked.limit().unwrap(), asked.take::<i64>("before").unwrap()), (7, None));
        assert_eq!(asked.take::<String>("name").unwrap().as_deref(), Some("a b"));
        assert_eq!(asked.end().unwrap_err().code(), Code::QueryInvalid);
        assert_eq!(Asked::read("").unwrap().limit(), Ok(50));
    }

    #[test]
    fn what_cant_be_read_is_named() {
        for wrong in ["limit=0", "limit=201", "limit=x", "limit=1&limit=2"] {
            let refused = Asked::read(wrong).and_then(|mut asked| asked.limit()).unwrap_err();
            assert!(refused.body(None).contains("\"field\":\"limit\""), "{wrong}");
        }
        assert!(Asked::read("before=-").unwrap().take::<i64>("before").is_err());
    }

    #[test]
    fn only_a_full_page_has_a_next_one() {
        let next = |items: Vec<i64>| Page::new(items, 2, ToString::to_string).next;
        assert_eq!((next(vec![]), next(vec![1]), next(vec![1, 2])), (None, None, Some("2".to_owned())));
    }
}
