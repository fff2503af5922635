//! Where a field stands, found again when something is wrong with it.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The byte offset of the deepest part of a field path, `variants[2].prices.DE`, that stands in a TOML text.
pub(crate) fn locate(text: &str, path: &str) -> usize {
    let Ok(document) = DeTable::parse(text) else { return 0 };
    let mut offset = 0;
    let mut table = Some(document.get_ref());
    let mut rest = path;
    while let Some((key, value)) = table.and_then(|table| longest_key(table, rest)) {
        offset = value.span().start;
        rest = rest.get(key.len()..).unwrap_or("");
        let mut value = value;
        if let Some((window, after)) = window(value, rest) {
            offset = window.span().start;
            (value, rest) = (window, after);
        }
        while let Some((index, after)) = leading_index(rest) {
            let Some(element) = value.get_ref().as_array().and_then(|values| values.get(index)) else {
                return offset;
            };
            offset = element.span().start;
            value = element;
            rest = after;
        }
        table = value.get_ref().as_table();
        rest = rest.strip_prefix('.').unwrap_or("");
    }
    offset
}

/// The longest key of a table that `path` begins with: ids may contain dots themselves.
fn longest_key<'a, 't>(table: &'a DeTable<'t>, path: &str) -> Option<(&'a str, &'a Spanned<DeValue<'t>>)> {
    table
        .iter()
        .map(|(key, value)| (key.get_ref().as_ref(), value))
        .filter(|(key, _)| {
            path.strip_prefix(*key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
        .max_by_key(|(key, _)| key.len())
}

/// The element of a list of prices that a path counts as `.windows[n]`: those with a beginning are windows.
fn window<'a, 't, 'p>(
    value: &'a Spanned<DeValue<'t>>,
    path: &'p str,
) -> Option<(&'a Spanned<DeValue<'t>>, &'p str)> {
    let (index, after) = leading_index(path.strip_prefix(".windows")?)?;
    let is_window = |value: &&Spanned<DeValue<'_>>| value.get_ref().get("from").is_some();
    Some((value.get_ref().as_array()?.iter().filter(is_window).nth(index)?, after))
}

fn leading_index(path: &str) -> Option<(usize, &str)> {
    let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
    Some((index.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::text::Lines;

    #[test]
    fn a_field_path_leads_to_the_deepest_place_that_is_there() {
        let text = "type = \"x\"\n[[variants]]\nsku = \"A\"\n[[variants]]\nsku = \"B\"\n[variants.prices]\n\"a.b\" = [1, { amount = -5 }]\n";
        let at = |path: &str| Lines::of(text).place(locate(text, path));
        assert_eq!(at("type"), (1, 8));
        assert_eq!(at("variants[1].sku"), (5, 7));
        assert_eq!(at("variants[1].prices.a.b[1].amount"), (7, 24));
        assert_eq!(at("variants[1].prices.FR"), (6, 1));
        assert_eq!(at("variants[7].sku"), (2, 1));
        assert_eq!(at("nothing"), (1, 1));
    }

    #[test]
    fn windows_are_counted_without_the_base_price() {
        let text = "DE = [{ amount = 5 },\n { amount = 4, from = 2026-01-01,\n until = 2025-01-01 }]\n";
        let at = |path: &str| Lines::of(text).place(locate(text, path));
        assert_eq!(at("DE.windows[0].until"), (3, 10));
        assert_eq!(at("DE.windows[1].until"), (1, 6));
        assert_eq!(at("DE"), (1, 6));
    }
}
