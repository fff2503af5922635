//! Ids of headings.

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::blocks::Block;

/// The ids of one text: unique, those that are written out first.
#[derive(Debug, Default)]
pub(crate) struct Anchors {
    explicit: BTreeSet<String>,
    used: BTreeSet<String>,
}

impl Anchors {
    /// Knows the ids written as `{#id}`, so that a heading above never takes one from its text.
    pub(crate) fn with_explicit(blocks: &[Block<'_>]) -> Self {
        let mut anchors = Self::default();
        anchors.collect(blocks);
        anchors
    }

    fn collect(&mut self, blocks: &[Block<'_>]) {
        for block in blocks {
            match block {
                Block::Text { text, .. } => self.collect_text(text),
                Block::Callout { body, .. } => self.collect(body),
                Block::Faq { questions } => {
                    for question in questions {
                        self.collect_text(question.heading);
                        self.collect(&question.answer);
                    }
                }
                Block::Products { .. } | Block::Picture { .. } => {}
            }
        }
    }

    fn collect_text(&mut self, text: &str) {
        // Reading twice is only worth it where there may be something to find.
        if !text.contains("{#") {
            return;
        }
        for event in Parser::new_ext(text, Options::ENABLE_HEADING_ATTRIBUTES) {
            if let Event::Start(Tag::Heading { id: Some(id), .. }) = event {
                self.explicit.insert(id.into_string());
            }
        }
    }

    /// Takes the id a heading states; `None` if another heading has it.
    pub(crate) fn take(&mut self, id: &str) -> Option<String> {
        self.used.insert(id.to_owned()).then(|| id.to_owned())
    }

    /// Makes an id of a heading's text.
    pub(crate) fn make(&mut self, text: &str) -> String {
        let word = slugify(text);
        let mut id = word.clone();
        let mut number = 1;
        while self.explicit.contains(&id) || !self.used.insert(id.clone()) {
            number += 1;
            id = format!("{word}-{number}");
        }
        id
    }
}

/// Lower-case letters and digits of any script, joined by single hyphens.
fn slugify(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !matches!(c, '\'' | '\u{2019}') && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "section".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_all_scripts_stay() {
        assert_eq!(slugify("Versand & Lieferung nach Österreich?"), "versand-lieferung-nach-österreich");
        assert_eq!(slugify("What's inside"), "whats-inside");
        assert_eq!(slugify("送料について"), "送料について");
        assert_eq!(slugify("كم تكلفة الشحن؟"), "كم-تكلفة-الشحن");
        assert_eq!(slugify("?!"), "section");
    }

    #[test]
    fn ids_are_unique() {
        let mut anchors = Anchors::default();
        assert_eq!(["a", "a", "A", "a 2"].map(|text| anchors.make(text)), ["a", "a-2", "a-3", "a-2-2"]);
        assert_eq!(anchors.take("a"), None);
    }
}
