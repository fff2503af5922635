//! Prices of variants.

use toml::{Table, Value};

use super::Editor;
use crate::content::{Content, tables};

const COUNTRIES: [&str; 5] = ["DE", "CH", "GB", "JP", "AE"];

impl Editor {
    fn amount(&mut self, country: &str) -> i64 {
        let amount = 10 + i64::try_from(self.random.below(900)).unwrap();
        if country == "JP" { amount * 100 } else { amount }
    }
}

/// Sets the price that a variant has in a country to something else.
fn set(
    editor: &mut Editor,
    content: &Content,
    make: impl FnOnce(&mut Editor, &str, Option<Value>) -> Option<Value>,
) -> Option<String> {
    let (file, id) = editor.product(content)?;
    let mut table = content.table(&file);
    let mut variants = tables(&mut table, "variants");
    let at = editor.random.below(variants.len());
    let prices = variants.get_mut(at)?.get_mut("prices")?.as_table_mut()?;
    let had: Vec<String> = prices.keys().cloned().collect();
    let country = match editor.random.chance(85) {
        true => editor.pick_of(&had)?,
        false => editor.pick_of(&COUNTRIES)?.to_owned(),
    };
    let price = make(editor, &country, prices.get(&country).cloned());
    match &price {
        Some(price) => prices.insert(country.clone(), price.clone()),
        None => prices.remove(&country),
    };
    content.put_table(&file, &table);
    let price = price.map_or_else(|| "withdrawn".to_owned(), |price| price.to_string());
    Some(format!("price of {id} variant {at} in {country}: {price}"))
}

pub(super) fn change(editor: &mut Editor, content: &Content) -> Option<String> {
    set(editor, content, |editor, country, _| {
        let amount = editor.amount(country);
        if editor.random.chance(30) {
            let more = Value::Integer(amount + amount / 5 + 1);
            return Some(Value::Table(Table::from_iter([
                ("amount".to_owned(), Value::Integer(amount)),
                ("compare_at".to_owned(), more),
            ])));
        }
        Some(Value::Integer(amount))
    })
}

/// A reduction for a while, or a first price that begins later.
pub(super) fn window(editor: &mut Editor, content: &Content) -> Option<String> {
    set(editor, content, |editor, country, _| {
        let amount = editor.amount(country);
        let mut reduced = Table::new();
        reduced.insert("amount".to_owned(), Value::Integer(amount - amount / 10 - 1));
        reduced.insert("compare_at".to_owned(), Value::Integer(amount));
        reduced.insert("from".to_owned(), editor.moment(-48, 24));
        reduced.insert("until".to_owned(), editor.moment(24, 120));
        let regular = Table::from_iter([("amount".to_owned(), Value::Integer(amount))]);
        let prices = match editor.random.chance(75) {
            true => vec![Value::Table(regular), Value::Table(reduced)],
            false => vec![Value::Table(reduced)],
        };
        Some(Value::Array(prices))
    })
}

pub(super) fn withdraw(editor: &mut Editor, content: &Content) -> Option<String> {
    set(editor, content, |_, _, _| None)
}
