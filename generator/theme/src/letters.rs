//! Letters: the templates of `mail/`, each as HTML and as text.

use std::collections::BTreeMap;

use tera::{Context, Tera, Value};

use crate::error::ThemeError;
use crate::files::{Files, utf8};
use crate::source;
use crate::views::{LetterKind, LetterView};
use crate::words::Words;

/// A letter in both of its forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// For readers that show it; styles are inline, for many of them know no others.
    pub html: String,
    /// For all others.
    pub text: String,
}

/// Loads the templates; a theme without any has those that are built in.
pub(crate) fn load(files: &Files) -> Result<Tera, ThemeError> {
    let embedded;
    let files = match files.letters().next() {
        Some(_) => files,
        None => {
            embedded = Files::embedded();
            &embedded
        }
    };
    let mut sources = BTreeMap::new();
    for (path, bytes) in files.letters() {
        let text = utf8(path, bytes)?;
        // The lines of a text are the reader's.
        let text = if path.ends_with(".html") { source::small(text) } else { text.to_owned() };
        sources.insert(path.to_owned(), text);
    }
    for kind in LetterKind::ALL {
        for file in [html(*kind), text(*kind)] {
            if !sources.contains_key(&file) {
                return Err(ThemeError::Missing { file });
            }
        }
    }
    let mut tera = Tera::new();
    tera.add_raw_templates(&sources).map_err(|error| ThemeError::from_tera("", &error))?;
    Ok(tera)
}

/// Writes a letter.
pub(crate) fn write(
    tera: &Tera,
    kind: LetterKind,
    words: &Words,
    view: &LetterView<'_>,
) -> Result<Written, ThemeError> {
    let mut context = Context::new();
    let value = Value::try_from_serializable(view);
    context.insert_value("view", value.map_err(|error| ThemeError::from_tera(kind.as_str(), &error))?);
    context.insert_value("t", words.value());
    let render =
        |file: String| tera.render(&file, &context).map_err(|error| ThemeError::from_tera(&file, &error));
    Ok(Written { html: render(html(kind))?, text: tidy(&render(text(kind))?) })
}

fn html(kind: LetterKind) -> String {
    format!("mail/{kind}.html")
}

fn text(kind: LetterKind) -> String {
    format!("mail/{kind}.txt")
}

/// Leaves one empty line where what was not there left several, and none at the ends.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim().lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_leaves_no_hole() {
        assert_eq!(tidy("\n\na \n\n\n\nb\nc\n\n"), "a\n\nb\nc\n");
    }

    #[test]
    fn a_theme_without_letters_has_those_that_are_built_in() {
        let folder = tempfile::tempdir().unwrap();
        let none = Files::read(folder.path()).unwrap();
        assert!(load(&none).is_ok());
        std::fs::create_dir(folder.path().join("mail")).unwrap();
        std::fs::write(folder.path().join("mail/order_received.html"), "x").unwrap();
        let error = load(&Files::read(folder.path()).unwrap()).err().unwrap();
        assert_eq!(error.to_string(), "templates/mail/order_received.txt: missing");
    }
}
