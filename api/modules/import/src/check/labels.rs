//! Words of attributes and product types in each language.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::{SchemaInput, SchemaText};
use vitrine_core::Locale;

use super::shop::{Shop, found};

pub(crate) fn check(shop: &mut Shop<'_>) {
    let folder = shop.folder;
    let Some(SchemaInput { schema, texts }) = &folder.schema.value else { return };
    let chains: BTreeMap<String, Vec<Locale>> =
        shop.editions.iter().map(|edition| (edition.language().to_owned(), edition.chain.clone())).collect();
    for (language, chain) in &chains {
        let mut gaps = Gaps::new(language, chain, texts);
        for id in schema.attribute.keys() {
            gaps.look("label of attribute", id.as_str(), true, |text| text.label.contains_key(id));
        }
        for id in schema.types.keys() {
            gaps.look("label of type", id.as_str(), false, |text| text.types.contains_key(id));
        }
        for (id, attribute) in &schema.attribute {
            for value in &attribute.values {
                let has =
                    |text: &SchemaText| text.value.get(id).is_some_and(|values| values.contains_key(value));
                gaps.look("label of value", &format!("{id}.{value}"), false, has);
            }
        }
        for (is_error, what) in gaps.found {
            let field = format!("texts.{language}");
            if is_error {
                shop.error(&folder.schema.item, &field, what);
            } else {
                shop.warning(&folder.schema.item, &field, what);
            }
        }
    }
}

/// What one language lacks.
struct Gaps<'s> {
    language: &'s str,
    chain: &'s [Locale],
    texts: &'s BTreeMap<Locale, SchemaText>,
    found: BTreeSet<(bool, String)>,
}

impl<'s> Gaps<'s> {
    fn new(language: &'s str, chain: &'s [Locale], texts: &'s BTreeMap<Locale, SchemaText>) -> Self {
        Self { language, chain, texts, found: BTreeSet::new() }
    }

    /// A word that no language of the chain has is an error only where it is required: others show their id.
    fn look(&mut self, what: &str, id: &str, is_required: bool, has: impl Fn(&SchemaText) -> bool) {
        let language = self.language;
        match found(self.chain, self.texts, has).map(Locale::language) {
            Some(lender) if lender == language => {}
            Some(lender) => {
                self.found
                    .insert((false, format!("{what} '{id}' missing in '{language}', shown in '{lender}'")));
            }
            None if is_required => {
                self.found
                    .insert((true, format!("{what} '{id}' missing in '{language}' and all its fallbacks")));
            }
            None => {}
        }
    }
}
