//! Template sources: made small when they are loaded, and what each of them consists of.

use std::collections::{BTreeMap, BTreeSet};

/// Drops the white space that only arranges the source.
///
/// Indentation goes, and a line that starts and ends with a tag gives no line of its own. Lines stay
/// lines, so an error's line number is the file's, and the page keeps readable line breaks.
pub(crate) fn small(source: &str) -> String {
    let mut small = String::with_capacity(source.len());
    for line in source.lines().map(str::trim) {
        let opens = line.starts_with("{%") || line.starts_with("{#");
        match line.strip_suffix("%}") {
            Some(rest) if opens && !rest.ends_with('-') => {
                small.push_str(rest);
                small.push_str("-%}");
            }
            _ => small.push_str(line),
        }
        small.push('\n');
    }
    while small.ends_with('\n') {
        small.pop();
    }
    small
}

/// Names of the templates this source includes or extends.
pub(crate) fn uses(source: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for word in ["include", "extends"] {
        for (at, _) in source.match_indices(word) {
            let tag = source.get(..at).unwrap_or_default().trim_end();
            let after = source.get(at + word.len()..).unwrap_or_default().trim_start();
            if !(tag.ends_with("{%") || tag.ends_with("{%-")) {
                continue;
            }
            if let Some((name, _)) = after.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                names.insert(name);
            }
        }
    }
    names
}

/// A template and everything it is made of, in the order of the names.
pub(crate) fn closure<'a>(sources: &'a BTreeMap<String, String>, name: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![name];
    while let Some(name) = open.pop() {
        if let Some(source) = sources.get(name)
            && found.insert(name)
        {
            open.extend(uses(source));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_lines_leave_nothing_and_lines_keep_their_numbers() {
        let source = "{% if a %}\n  <p>\n    {{ b }}\n  </p>\n{% endif %}\n";
        assert_eq!(small(source), "{% if a -%}\n<p>\n{{ b }}\n</p>\n{% endif -%}");
    }

    #[test]
    fn a_tag_at_the_end_of_text_keeps_its_line_break() {
        assert_eq!(small("<p>{% if a %}x{% endif %}\n<b>"), "<p>{% if a %}x{% endif %}\n<b>");
    }

    #[test]
    fn includes_and_parents_are_followed() {
        let sources: BTreeMap<String, String> = [
            ("a.html", "{% extends \"b.html\" %}{%- include \"c.html\" %} includes \"d.html\""),
            ("b.html", "{% include \"c.html\" %}"),
            ("c.html", "{% include \"c.html\" %}"),
            ("d.html", ""),
        ]
        .map(|(name, source)| (name.to_owned(), source.to_owned()))
        .into();
        assert_eq!(closure(&sources, "a.html"), BTreeSet::from(["a.html", "b.html", "c.html"]));
    }
}
