//! The folder as editions see it: who shows what, in which language.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::{CategoryInput, CountryFacts, ProductInput, Status, is_sold_in};
use vitrine_content::PageInput;
use vitrine_core::{Country, Entity, EntityKind, Locale};
use vitrine_store::{CountryConfig, Store, StoreConfig};

use crate::report::{Finding, Severity};
use crate::source::Folder;

/// One locale of a country with the languages it looks texts up in.
#[derive(Clone, Debug)]
pub(crate) struct EditionView {
    pub(crate) country: Country,
    pub(crate) path: String,
    /// The edition's locale first.
    pub(crate) chain: Vec<Locale>,
}

impl EditionView {
    /// The chain without other languages.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Locale> {
        let language = self.chain.first().map_or("", Locale::language);
        self.chain.iter().filter(move |lang| lang.language() == language)
    }

    /// The language, as texts name it.
    pub(crate) fn language(&self) -> &str {
        self.chain.first().map_or("", Locale::language)
    }
}

/// What the checks look at and where they report.
pub(crate) struct Shop<'f> {
    pub(crate) folder: &'f Folder,
    pub(crate) store: Store,
    pub(crate) facts: Vec<CountryFacts>,
    pub(crate) editions: Vec<EditionView>,
    /// Products of the database that pages name and the folder lacks; `None` where nobody looked.
    pub(crate) beyond: Option<BTreeSet<String>>,
    pub(crate) findings: Vec<Finding>,
}

impl<'f> Shop<'f> {
    /// `None` when the store or its countries can't be read, for then nothing else can be judged.
    pub(crate) fn new(folder: &'f Folder, beyond: Option<BTreeSet<String>>) -> Option<Self> {
        let config: StoreConfig = folder.store.value.clone()?;
        let countries: Vec<CountryConfig> =
            folder.countries.iter().map(|country| country.value.clone()).collect::<Option<_>>()?;
        let store = Store { config, countries };
        let mut facts = Vec::new();
        let mut editions = Vec::new();
        for country in &store.countries {
            let chains: Vec<_> =
                country.locales.iter().map(|edition| store.text_chain(&edition.locale)).collect();
            for (edition, chain) in country.locales.iter().zip(&chains) {
                let path = edition.path.clone();
                editions.push(EditionView { country: country.country, path, chain: chain.clone() });
            }
            let tax_classes = country.tax.rates.keys().cloned().collect();
            facts.push(CountryFacts {
                country: country.country,
                currency: country.currency,
                tax_classes,
                chains,
            });
        }
        Some(Self { folder, store, facts, editions, beyond, findings: Vec::new() })
    }

    pub(crate) fn error(&mut self, item: &Entity, field: &str, what: impl Into<String>) {
        let finding = self.folder.root.at_field(item, field, Severity::Error, what);
        self.findings.push(finding);
    }

    pub(crate) fn warning(&mut self, item: &Entity, field: &str, what: impl Into<String>) {
        let finding = self.folder.root.at_field(item, field, Severity::Warning, what);
        self.findings.push(finding);
    }

    /// An error that leaves no item out.
    pub(crate) fn error_of_none(&mut self, item: &Entity, field: &str, what: impl Into<String>) {
        let finding = self.folder.root.at_field(item, field, Severity::Error, what);
        self.findings.push(Finding { item: None, ..finding });
    }

    pub(crate) fn product(&self, id: &str) -> Option<&'f ProductInput> {
        self.folder.products.get(id)?.value.as_ref()
    }

    pub(crate) fn category(&self, id: &str) -> Option<&'f CategoryInput> {
        self.folder.categories.get(id)?.value.as_ref()
    }

    pub(crate) fn page(&self, name: &str) -> Option<&'f PageInput> {
        self.folder.pages.get(name)?.value.as_ref()
    }

    /// Whether there is a folder of that kind and id, be it readable or not: its own mistakes are its own findings.
    pub(crate) fn exists(&self, kind: EntityKind, id: &str) -> bool {
        match kind {
            EntityKind::Product => self.folder.products.contains_key(id),
            EntityKind::Category => self.folder.categories.contains_key(id),
            EntityKind::Page => self.folder.pages.contains_key(id),
            _ => false,
        }
    }

    /// Whether a country may come to show a thing; what can't be read is taken to be shown.
    pub(crate) fn shows(&self, kind: EntityKind, id: &str, country: Country) -> bool {
        match kind {
            EntityKind::Product => self.product(id).is_none_or(|product| sells(product, country)),
            EntityKind::Category => {
                self.category(id).is_none_or(|input| is_sold_in(&input.category.countries, &[], country))
            }
            EntityKind::Page => {
                self.page(id).is_none_or(|input| is_sold_in(&input.facts.countries, &[], country))
            }
            _ => false,
        }
    }

    /// Whether everything that could be named elsewhere is known: a file that can't be read may hold anything.
    pub(crate) fn is_readable(&self) -> bool {
        let folder = self.folder;
        folder.products.values().all(|parsed| parsed.value.is_some())
            && folder.categories.values().all(|parsed| parsed.value.is_some())
            && folder.pages.values().all(|parsed| parsed.value.is_some())
    }

    /// The codes of countries, `DE, CH`.
    pub(crate) fn codes(countries: &BTreeSet<Country>) -> String {
        countries.iter().map(Country::code).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a product is meant to be seen in a country: published, sold there, and some variant has a price.
pub(crate) fn sells(input: &ProductInput, country: Country) -> bool {
    let product = &input.product;
    let mut variants = product.variants.iter().filter(|variant| !variant.not_in.contains(&country));
    product.status == Status::Published
        && is_sold_in(&product.countries, &product.not_in, country)
        && variants
            .any(|variant| input.prices.get(&variant.sku).is_some_and(|prices| prices.contains_key(&country)))
}

/// The best language of a chain in which a text has a field.
pub(crate) fn found<'c, T>(
    chain: impl IntoIterator<Item = &'c Locale>,
    texts: &BTreeMap<Locale, T>,
    has: impl Fn(&T) -> bool,
) -> Option<&'c Locale> {
    chain.into_iter().find(|lang| texts.get(*lang).is_some_and(&has))
}
