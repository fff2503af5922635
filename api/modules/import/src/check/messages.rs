//! Messages that the theme and the shop's own facts need.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Entity, EntityKind, Locale};

use super::RequiredMessage;
use super::shop::Shop;
use crate::report::{Finding, Severity};

pub(crate) fn check(shop: &mut Shop<'_>, required: &[RequiredMessage]) {
    let mut needed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for message in required {
        needed.insert(&message.id, message.arguments.iter().map(String::as_str).collect());
    }
    arguments(shop, &needed);
    let of_theme: BTreeSet<String> = needed.keys().map(|id| (*id).to_owned()).collect();
    let mut wanted: BTreeMap<(String, Vec<Locale>), BTreeSet<String>> = BTreeMap::new();
    for edition in &shop.editions {
        let ids = wanted.entry((edition.language().to_owned(), edition.chain.clone())).or_default();
        ids.extend(of_theme.iter().cloned());
    }
    for ((language, chain), ids) in &wanted {
        ids.iter().for_each(|id| missing(shop, language, chain, id));
    }
    of_facts(shop, &of_theme);
}

fn has(shop: &Shop<'_>, lang: &Locale, id: &str) -> bool {
    let strings = shop.folder.strings.get(lang).and_then(|parsed| parsed.value.as_ref());
    strings.is_some_and(|strings| strings.messages.contains_key(id))
}

/// A file that is no Fluent has its own finding; that all its messages are missing says nothing.
fn is_unreadable(shop: &Shop<'_>, chain: &[Locale], language: &str) -> bool {
    let own = chain.iter().filter(|lang| lang.language() == language);
    own.into_iter().any(|lang| shop.folder.strings.get(lang).is_some_and(|parsed| parsed.has_errors()))
}

fn missing(shop: &mut Shop<'_>, language: &str, chain: &[Locale], id: &str) {
    let found = chain.iter().find(|lang| has(shop, lang, id)).map(Locale::language);
    if found == Some(language) || is_unreadable(shop, chain, language) {
        return;
    }
    let (severity, what) = match found {
        Some(other) => (
            Severity::Warning,
            format!("message '{id}' is missing in '{language}', that in '{other}' is used"),
        ),
        None => (Severity::Error, format!("message '{id}' is missing in '{language}' and all its fallbacks")),
    };
    let item = Entity { kind: EntityKind::Strings, id: language.to_owned() };
    let finding = shop.folder.root.at_field(&item, "", severity, what);
    shop.findings.push(Finding { item: None, ..finding });
}

/// Arguments that a message uses and the theme doesn't pass.
fn arguments(shop: &mut Shop<'_>, needed: &BTreeMap<&str, BTreeSet<&str>>) {
    let folder = shop.folder;
    for parsed in folder.strings.values() {
        for (id, message) in parsed.value.iter().flat_map(|strings| &strings.messages) {
            let Some(known) = needed.get(id.as_str()) else { continue };
            for argument in message.arguments.iter().filter(|argument| !known.contains(argument.as_str())) {
                let allowed = match known.is_empty() {
                    true => "none".to_owned(),
                    false => known.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(", "),
                };
                let what = format!("message '{id}' has no argument '${argument}' (allowed: {allowed})");
                let place = folder.root.at_field(&parsed.item, "", Severity::Error, what);
                let line = u32::try_from(message.line).unwrap_or(u32::MAX);
                shop.findings.push(Finding { line, column: 1, ..place });
            }
        }
    }
}

/// Messages that countries, menus and attributes name by their ids; reported where they are named.
fn of_facts(shop: &mut Shop<'_>, of_theme: &BTreeSet<String>) {
    let folder = shop.folder;
    let mut named: Vec<(Entity, String, String, bool)> = Vec::new();
    for (parsed, country) in folder.countries.iter().zip(&shop.store.countries) {
        let mut note = |field: String, id: String| named.push((parsed.item.clone(), field, id, true));
        for (index, id) in country.legal_notes.iter().enumerate() {
            note(format!("legal_notes[{index}]"), id.clone());
        }
        for (index, id) in country.payment_methods.iter().enumerate() {
            note(format!("payment_methods[{index}]"), format!("payment_{id}"));
        }
        for (index, method) in country.delivery.iter().enumerate() {
            note(format!("delivery[{index}].id"), format!("delivery_{}", method.id));
        }
    }
    if let Some(navigation) = &folder.navigation.value {
        for (index, column) in navigation.footer.iter().enumerate() {
            let item = folder.navigation.item.clone();
            named.push((item, format!("footer[{index}].title"), column.title.clone(), false));
        }
    }
    for (id, attribute) in folder.schema.value.iter().flat_map(|schema| &schema.schema.attribute) {
        if let Some(unit) = &attribute.unit {
            let item = folder.schema.item.clone();
            named.push((item, format!("attribute.{id}.unit"), format!("unit_{unit}"), false));
        }
    }
    for (item, field, id, of_country) in named {
        if of_theme.contains(&id) || folder.strings.is_empty() {
            continue;
        }
        let editions = shop
            .editions
            .iter()
            .filter(|edition| !of_country || edition.country.code() == item.id)
            .collect::<Vec<_>>();
        let lacking: BTreeSet<&str> = editions
            .iter()
            .filter(|edition| !edition.chain.iter().any(|lang| has(shop, lang, &id)))
            .filter(|edition| !is_unreadable(shop, &edition.chain, edition.language()))
            .map(|edition| edition.language())
            .collect();
        if !lacking.is_empty() {
            let langs = lacking.iter().copied().collect::<Vec<_>>().join(", ");
            shop.error_of_none(
                &item,
                &field,
                format!("message '{id}' is missing in {langs} and all fallbacks"),
            );
        }
    }
}
