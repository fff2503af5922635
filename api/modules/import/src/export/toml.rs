//! Writes TOML in the one form that export uses: keys in a given order, tables after them.

use std::fmt::{Display, Write};

use vitrine_core::{Money, Timestamp};

/// A TOML text under construction.
#[derive(Debug, Default)]
pub(super) struct Toml(String);

impl Toml {
    /// `key = "value"`.
    pub(super) fn text(&mut self, name: &str, value: impl Display) {
        self.raw(name, text(&value.to_string()));
    }

    /// `key = "value"`, or nothing.
    pub(super) fn maybe<T: Display>(&mut self, name: &str, value: Option<T>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// `key = value` with a value that is TOML already.
    pub(super) fn raw(&mut self, name: &str, value: impl Display) {
        // Writing to a String can't fail.
        let _ = writeln!(self.0, "{} = {value}", key(name));
    }

    /// `key = [..]`, or nothing for an empty list.
    pub(super) fn list(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().collect();
        if !values.is_empty() {
            self.raw(name, list(values));
        }
    }

    /// `key = ["..", ".."]`, or nothing for an empty list.
    pub(super) fn texts<T: Display>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        self.list(name, values.into_iter().map(|value| text(&value.to_string())));
    }

    /// `[header]` of a table, its parts as keys.
    pub(super) fn table(&mut self, path: &[&str]) {
        self.header("[", path, "]");
    }

    /// `[[header]]` of a table of a list.
    pub(super) fn element(&mut self, path: &[&str]) {
        self.header("[[", path, "]]");
    }

    fn header(&mut self, open: &str, path: &[&str], close: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        let path = path.iter().map(|part| key(part)).collect::<Vec<_>>().join(".");
        let _ = writeln!(self.0, "{open}{path}{close}");
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// A key, in quotes where it needs them.
pub(super) fn key(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { text(name) }
}

/// A text in quotes.
pub(super) fn text(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// `[a, b]`.
pub(super) fn list(values: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(", "))
}

/// `{ a = 1, b = 2 }` of keys and values that are TOML already.
pub(super) fn inline(entries: impl IntoIterator<Item = (String, String)>) -> String {
    let entries: Vec<String> =
        entries.into_iter().map(|(name, value)| format!("{} = {value}", key(&name))).collect();
    if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
}

/// The shortest decimal of an amount: `499`, `4.90`.
pub(super) fn amount(money: Money) -> String {
    let decimal = money.to_decimal();
    match decimal.split_once('.') {
        Some((whole, fraction)) if fraction.chars().all(|digit| digit == '0') => whole.to_owned(),
        _ => decimal,
    }
}

/// A moment: a date where it is midnight, else a time with as many digits as it needs.
pub(super) fn time(time: Timestamp) -> String {
    const SECOND: i64 = 1_000;
    const DAY: i64 = 86_400_000;
    if time.ms().rem_euclid(DAY) == 0 {
        return time.to_date();
    }
    let text = time.to_rfc3339();
    match time.ms().rem_euclid(SECOND) {
        0 => text,
        ms => format!("{}.{ms:03}Z", text.trim_end_matches('Z')),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use toml::de::DeTable;
    use vitrine_core::Currency;

    use super::*;

    proptest! {
        #[test]
        fn any_text_and_key_comes_back(name in "\\PC{0,12}", value in any::<String>()) {
            let mut toml = Toml::default();
            toml.text(&name, &value);
            let written = toml.finish();
            let read = DeTable::parse(&written).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let found = read.get_ref().get(name.as_str()).and_then(|found| found.get_ref().as_str().map(str::to_owned));
            prop_assert_eq!(found, Some(value));
        }

        #[test]
        fn any_time_comes_back(ms in 0i64..4_000_000_000_000) {
            let written = time(Timestamp::from_ms(ms));
            prop_assert_eq!(Timestamp::parse_rfc3339(&written).map(Timestamp::ms), Ok(ms), "{}", written);
        }

        #[test]
        fn any_amount_comes_back(minor in any::<i32>()) {
            let money = Money::new(i64::from(minor), Currency::EUR);
            prop_assert_eq!(Money::parse(&amount(money), Currency::EUR), Ok(money));
        }
    }
}
