//! Words of the interface: Fluent messages, looked up along a chain of languages.
//!
//! Fluent selects the plural and leaves the writing of numbers, amounts and dates to the caller: Western digits
//! with or without separators aren't right everywhere. So a message takes a number twice, as `$count` to select
//! by and as a text to show:
//!
//! ```ftl
//! review_count = { $count ->
//!     [one] { $count_text } review
//!    *[other] { $count_text } reviews
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use unic_langid::LanguageIdentifier;
use vitrine_core::Locale;

/// An argument of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// Shown as it is; numbers and dates come in already written.
    Text(String),
    /// Selects a plural.
    Number(i64),
}

/// A message in the language it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The message.
    pub text: String,
    /// Its language.
    pub lang: Locale,
}

/// A mistake in a Fluent file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("strings/{lang}.ftl:{line}: {what}")]
pub struct StringsError {
    /// The file's language.
    pub lang: Locale,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// What a message takes, for checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Line of its id, from 1.
    pub line: usize,
    /// Names of its arguments, without `$`.
    pub arguments: BTreeSet<String>,
}

/// The messages of a chain of languages.
pub struct Strings {
    bundles: Vec<(Locale, FluentBundle<FluentResource>)>,
    ids: BTreeSet<String>,
}

impl Strings {
    /// Reads the Fluent sources of a chain, best language first.
    pub fn try_new(chain: &[(Locale, &str)]) -> Result<Self, StringsError> {
        let mut ids = BTreeSet::new();
        let bundles = chain
            .iter()
            .map(|(lang, source)| Ok((lang.clone(), bundle(lang, source, &mut ids)?)))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { bundles, ids })
    }

    /// A message without arguments; `None` if no language of the chain has it.
    pub fn text(&self, id: &str) -> Option<Text> {
        self.format(id, &[])
    }

    /// A message with its arguments; `None` if no language of the chain has it.
    ///
    /// An argument that the message needs and is not given shows as its name in braces.
    pub fn format(&self, id: &str, arguments: &[(&str, Arg)]) -> Option<Text> {
        let mut values = FluentArgs::with_capacity(arguments.len());
        for (name, argument) in arguments {
            match argument {
                Arg::Text(text) => values.set(*name, FluentValue::from(text.as_str())),
                Arg::Number(number) => values.set(*name, FluentValue::from(*number)),
            }
        }
        self.bundles.iter().find_map(|(lang, bundle)| {
            let pattern = bundle.get_message(id)?.value()?;
            let text = bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned();
            Some(Text { text, lang: lang.clone() })
        })
    }

    /// The ids of all messages of the chain.
    pub fn ids(&self) -> &BTreeSet<String> {
        &self.ids
    }
}

impl fmt::Debug for Strings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.bundles.iter().map(|(lang, _)| lang)).finish()
    }
}

/// The messages of one Fluent file with what each takes, so that checks can name lines; all mistakes at once.
pub fn messages(lang: &Locale, source: &str) -> Result<BTreeMap<String, Message>, Vec<StringsError>> {
    let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| {
        let errors = errors.iter().map(|error| mistake(lang, source, error.pos.start, error));
        errors.collect::<Vec<_>>()
    })?;
    let mut messages = BTreeMap::new();
    let mut errors = Vec::new();
    for entry in resource.entries() {
        let Entry::Message(message) = entry else { continue };
        let mut arguments = BTreeSet::new();
        if let Some(pattern) = &message.value {
            collect_pattern(pattern, &mut arguments);
        }
        let line = line_of(source, offset_in(resource.source(), message.id.name));
        let id = message.id.name.to_owned();
        if messages.insert(id, Message { line, arguments }).is_some() {
            let what = format!("message '{}' is there twice", message.id.name);
            errors.push(StringsError { lang: lang.clone(), line, what });
        }
    }
    if errors.is_empty() { Ok(messages) } else { Err(errors) }
}

fn bundle(
    lang: &Locale,
    source: &str,
    ids: &mut BTreeSet<String>,
) -> Result<FluentBundle<FluentResource>, StringsError> {
    let at = |line, what| StringsError { lang: lang.clone(), line, what };
    let identifier: LanguageIdentifier =
        lang.as_str().parse().map_err(|error| at(1, format!("language '{lang}': {error}")))?;
    let resource =
        FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| match errors.first() {
            Some(error) => mistake(lang, source, error.pos.start, error),
            None => at(1, "it can't be read".to_owned()),
        })?;
    ids.extend(resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message.id.name.to_owned()),
        _ => None,
    }));
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // The marks would show up in titles and attributes; a page's text has one direction.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).map_err(|errors| {
        let twice = messages(lang, source).err().and_then(|errors| errors.into_iter().next());
        let first = errors.first().map(ToString::to_string).unwrap_or_default();
        twice.unwrap_or_else(|| at(1, first))
    })?;
    Ok(bundle)
}

fn mistake(lang: &Locale, source: &str, offset: usize, error: &dyn fmt::Display) -> StringsError {
    StringsError { lang: lang.clone(), line: line_of(source, offset), what: error.to_string() }
}

fn line_of(source: &str, offset: usize) -> usize {
    1 + source.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Where a slice of a text begins in it.
fn offset_in(text: &str, slice: &str) -> usize {
    (slice.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn collect_pattern(pattern: &Pattern<&str>, arguments: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            collect_expression(expression, arguments);
        }
    }
}

fn collect_expression(expression: &Expression<&str>, arguments: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => collect_inline(inline, arguments),
        Expression::Select { selector, variants } => {
            collect_inline(selector, arguments);
            for variant in variants {
                collect_pattern(&variant.value, arguments);
            }
        }
    }
}

fn collect_inline(inline: &InlineExpression<&str>, arguments: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            arguments.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => collect_expression(expression, arguments),
        InlineExpression::FunctionReference { arguments: call, .. } => {
            call.positional.iter().for_each(|inline| collect_inline(inline, arguments));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(text: &str) -> Locale {
        Locale::try_new(text).unwrap()
    }

    const EN: &str = "cart = Cart\nreview_count = { $count ->\n    [one] { $count_text } review\n   *[other] { $count_text } reviews\n }\nhello = Hello { $name }\n";
    const DE: &str = "cart = Warenkorb\n";

    #[test]
    fn a_message_is_looked_up_along_the_chain() {
        let strings = Strings::try_new(&[(locale("de"), DE), (locale("en"), EN)]).unwrap();
        assert_eq!(strings.text("cart"), Some(Text { text: "Warenkorb".into(), lang: locale("de") }));
        let hello = strings.format("hello", &[("name", Arg::Text("Nimbus".into()))]);
        assert_eq!(hello, Some(Text { text: "Hello Nimbus".into(), lang: locale("en") }));
        assert_eq!(strings.text("nothing"), None);
        assert_eq!(strings.ids().len(), 3);
    }

    #[test]
    fn the_number_selects_and_the_text_shows() {
        let strings = Strings::try_new(&[(locale("en"), EN)]).unwrap();
        let count = |count, text: &str| {
            let arguments = [("count", Arg::Number(count)), ("count_text", Arg::Text(text.into()))];
            strings.format("review_count", &arguments).unwrap().text
        };
        assert_eq!(count(1, "1"), "1 review");
        assert_eq!(count(1200, "1,200"), "1,200 reviews");
    }

    #[test]
    fn arabic_plurals_are_told_apart() {
        let source = "n = { $count ->\n [zero] zero\n [one] one\n [two] two\n [few] few\n [many] many\n *[other] other\n }\n";
        let strings = Strings::try_new(&[(locale("ar-AE"), source)]).unwrap();
        let names =
            [0, 1, 2, 3, 11, 100].map(|n| strings.format("n", &[("count", Arg::Number(n))]).unwrap().text);
        assert_eq!(names, ["zero", "one", "two", "few", "many", "other"]);
    }

    #[test]
    fn mistakes_have_their_line() {
        let error = Strings::try_new(&[(locale("en"), "a = A\nb { $x }\nc = C\n")]).unwrap_err();
        assert_eq!((error.line, error.lang.as_str()), (2, "en"), "{error}");
        let twice = Strings::try_new(&[(locale("en"), "a = A\n\na = B\n")]).unwrap_err();
        assert_eq!((twice.line, twice.what.as_str()), (3, "message 'a' is there twice"));
    }

    #[test]
    fn checks_see_lines_and_arguments() {
        let messages = messages(&locale("en"), EN).unwrap();
        assert_eq!(messages["review_count"].line, 2);
        assert_eq!(messages["review_count"].arguments.iter().collect::<Vec<_>>(), ["count", "count_text"]);
        assert_eq!(messages["hello"].line, 6);
        assert!(messages["cart"].arguments.is_empty());
    }

    #[test]
    fn strings_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Strings>();
    }
}
