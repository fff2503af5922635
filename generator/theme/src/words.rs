//! The words of the interface.

use std::collections::BTreeMap;

use serde::Deserialize;
use tera::Value;
use vitrine_core::{ContentHash, Hasher};

use crate::error::ThemeError;

/// The messages a theme needs in every language, from `templates/strings.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Messages {
    /// Ids of plain messages that templates read themselves, as `t.add_to_cart`.
    pub templates: Vec<String>,
    /// Ids of plain messages that arrive inside views.
    pub views: Vec<String>,
    /// Ids of plain messages that the templates of letters read themselves, in the same way.
    pub letters: Vec<String>,
    /// Ids of messages that arrive inside views, with the names of their arguments.
    pub with_arguments: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    templates: Plain,
    views: Views,
    #[serde(default)]
    letters: Views,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    plain: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Views {
    plain: Vec<String>,
    with_arguments: BTreeMap<String, Vec<String>>,
}

impl Messages {
    pub(crate) fn parse(path: &str, source: &str) -> Result<Self, ThemeError> {
        let file: File = toml::from_str(source).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = source.get(..start).unwrap_or_default();
            ThemeError::invalid(path, 1 + before.matches('\n').count(), error.message())
        })?;
        let File { templates, views, letters } = file;
        let mut with_arguments = views.with_arguments;
        with_arguments.extend(letters.with_arguments);
        Ok(Self { templates: templates.plain, views: views.plain, letters: letters.plain, with_arguments })
    }

    /// Every id, each once.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let plain = self.templates.iter().chain(&self.views).chain(&self.letters);
        plain.chain(self.with_arguments.keys()).map(String::as_str)
    }
}

/// The words of one language, checked to be all there; a clone is cheap.
#[derive(Debug, Clone)]
pub struct Words {
    value: Value,
    hash: ContentHash,
}

impl Words {
    /// The words that some templates use, by their ids.
    pub(crate) fn try_new(ids: &[String], texts: &BTreeMap<String, String>) -> Result<Self, ThemeError> {
        let mut used = BTreeMap::new();
        let mut hasher = Hasher::new("words");
        for id in ids {
            let text = texts.get(id).ok_or_else(|| ThemeError::MissingWord { id: id.clone() })?;
            hasher.field(id.as_bytes());
            hasher.field(text.as_bytes());
            used.insert(id.as_str(), text.as_str());
        }
        Ok(Self { value: Value::from_serializable(&used), hash: hasher.finish() })
    }

    /// Hash over the words that templates use.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    pub(crate) fn value(&self) -> Value {
        self.value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[templates]\nplain = [\"cart\"]\n[views]\nplain = [\"yes\"]\n[views.with_arguments]\nfrom = [\"price\"]\n";

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_word_that_is_missing_is_named() {
        let messages = Messages::parse("strings.toml", FILE).unwrap();
        let error = Words::try_new(&messages.templates, &texts(&[("yes", "Ja")])).unwrap_err();
        assert_eq!(error.to_string(), "no text for the message `cart`, which the templates use");
    }

    #[test]
    fn the_hash_follows_only_words_that_are_used() {
        let messages = Messages::parse("strings.toml", FILE).unwrap();
        let hash = |pairs| Words::try_new(&messages.templates, &texts(pairs)).unwrap().hash();
        assert_eq!(hash(&[("cart", "Korb")]), hash(&[("cart", "Korb"), ("other", "x")]));
        assert_ne!(hash(&[("cart", "Korb")]), hash(&[("cart", "Wagen")]));
    }

    #[test]
    fn a_misspelt_key_is_found_at_its_line() {
        let error = Messages::parse("strings.toml", "[templates]\nplian = []\n").unwrap_err();
        assert!(error.to_string().starts_with("templates/strings.toml:2: "), "{error}");
    }
}
