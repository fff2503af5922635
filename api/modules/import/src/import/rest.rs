//! Everything but products: it is small, and goes in one transaction.

use std::collections::BTreeSet;

use vitrine_catalog::{Catalog, CategoryInput, Put};
use vitrine_content::{Content, Media, PageInput, StringsFile, Written};
use vitrine_core::{CategoryId, EntityKind, Locale, PageName};
use vitrine_db::Tx;
use vitrine_store::{CountryConfig, RedirectInput, RedirectTarget, SlugTaken, Stores};

use super::Import;
use crate::error::ImportError;
use crate::report::Severity;
use crate::source::catalog::SCHEMA;

impl Import<'_> {
    pub(super) async fn put_rest_in(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        self.put_store_in(tx).await?;
        self.put_schema_in(tx).await?;
        self.put_categories_in(tx).await?;
        self.put_media_in(tx).await?;
        self.put_pages_in(tx).await?;
        self.put_words_in(tx).await?;
        self.put_redirects_in(tx).await
    }

    async fn put_store_in(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        let Some(config) = &self.folder.store.value else { return Ok(()) };
        let outcome = Stores::put_config_in(tx, &self.run, config).await?;
        self.note(EntityKind::Store, config.id.as_str(), outcome);
        self.changes.extend(outcome.change(EntityKind::Store, config.id.as_str()));
        let countries: Vec<CountryConfig> =
            self.folder.countries.iter().filter_map(|parsed| parsed.value.clone()).collect();
        for (country, outcome) in Stores::put_countries_in(tx, &self.store, &self.run, &countries).await? {
            self.note(EntityKind::Country, country.code(), outcome);
            self.changes.extend(outcome.change(EntityKind::Country, country.code()));
        }
        Ok(())
    }

    async fn put_schema_in(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        let schema = self.folder.schema.value.as_ref();
        let Some(schema) = schema.filter(|_| !self.is_broken(EntityKind::Attribute, SCHEMA)) else {
            return Ok(());
        };
        let (outcome, changes) = Catalog::put_schema_in(tx, &self.store, &self.run, schema).await?;
        self.note(EntityKind::Attribute, SCHEMA, outcome);
        self.changes.extend(changes);
        Ok(())
    }

    async fn put_categories_in(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        let folder = self.folder;
        let keep: BTreeSet<CategoryId> =
            folder.categories.keys().filter_map(|id| CategoryId::try_new(id).ok()).collect();
        let put = Catalog::remove_missing_categories_in(tx, &self.store, &self.run, &keep).await?;
        self.note_categories(put);
        let good = folder.categories.iter().filter(|(id, _)| !self.is_broken(EntityKind::Category, id));
        let inputs: Vec<CategoryInput> = good.filter_map(|(_, parsed)| parsed.value.clone()).collect();
        let put = Catalog::put_categories_in(tx, &self.store, &self.run, &inputs).await?;
        self.note_categories(put);
        Ok(())
    }

    fn note_categories(&mut self, put: Put<CategoryId>) {
        for (id, outcome) in put.outcomes {
            self.note(EntityKind::Category, id.as_str(), outcome);
        }
        for (id, error) in put.errors {
            let Some(parsed) = self.folder.categories.get(id.as_str()) else { continue };
            let field = match &error {
                vitrine_catalog::ItemError::SlugTaken { lang, .. } => format!("texts.{lang}.slug"),
                _ => String::new(),
            };
            let finding = self.folder.root.at_field(&parsed.item, &field, Severity::Error, error.to_string());
            self.report.counts_of(EntityKind::Category).failed += 1;
            self.report.find(finding);
        }
        self.changes.extend(put.changes);
    }

    async fn put_media_in(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        let folder = self.folder;
        let keep: BTreeSet<String> = folder.media.keys().cloned().collect();
        let written = Content::retain_media_in(tx, &self.store, &self.run, &keep).await?;
        self.note_written(EntityKind::Media, written);
        let good = folder.media.iter().filter(|(file, _)| !self.is_broken(EntityKind::Media, file));
        let media: Vec<Media> = good.filter_map(|(_, parsed)| parsed.value.clone()).collect();
        let written = Content::put_media_in(tx, &self.store, &self.run, &media).await?;
        self.note_written(EntityKind::Media, written);
        let keep: BTreeSet<Locale> = folder.alts.keys().cloned().collect();
        let written = Content::retain_media_texts_in(tx, &self.store, &self.run, &keep).await?;
        self.note_written(EntityKind::Media, written);
        for (lang, parsed) in &folder.alts {
            let Some(alts) = parsed.value.as_ref().filter(|_| !self.broken.contains(&parsed.item)) else {
                continue;
            };
            let written = Content::put_media_texts_in(tx, &self.store, &self.run, lang, alts).await?;
            self.note_written(EntityKind::Media, written);
        }
        Ok(())
    }

    async fn put_pages_in(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        let folder = self.folder;
        let keep: BTreeSet<PageName> =
            folder.pages.keys().filter_map(|name| PageName::try_new(name).ok()).collect();
        let written = Content::retain_pages_in(tx, &self.store, &self.run, &keep).await?;
        self.note_written(EntityKind::Page, written);
        let good = folder.pages.iter().filter(|(name, _)| !self.is_broken(EntityKind::Page, name));
        let pages: Vec<PageInput> = good.filter_map(|(_, parsed)| parsed.value.clone()).collect();
        let written = Content::put_pages_in(tx, &self.store, &self.run, &pages).await?;
        written.refused.iter().for_each(|taken| self.page_refused(taken));
        self.note_written(EntityKind::Page, written);
        Ok(())
    }

    fn page_refused(&mut self, SlugTaken { claim, by }: &SlugTaken) {
        let Some(parsed) = self.folder.pages.get(&claim.id) else { return };
        let what = format!("slug '{}' in {} belongs to page '{by}'", claim.slug, claim.lang);
        let field = format!("texts.{}.slug", claim.lang);
        let finding = self.folder.root.at_field(&parsed.item, &field, Severity::Error, what);
        self.report.counts_of(EntityKind::Page).failed += 1;
        self.report.find(finding);
    }

    /// Navigation and words of the interface.
    async fn put_words_in(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        let folder = self.folder;
        let navigation = folder.navigation.value.as_ref();
        if let Some(navigation) = navigation.filter(|_| !self.broken.contains(&folder.navigation.item)) {
            let written = Content::put_navigation_in(tx, &self.store, &self.run, navigation).await?;
            self.note_written(EntityKind::Navigation, written);
        }
        let keep: BTreeSet<Locale> = folder.strings.keys().cloned().collect();
        let written = Content::retain_strings_in(tx, &self.store, &self.run, &keep).await?;
        self.note_written(EntityKind::Strings, written);
        let good = folder.strings.iter().filter(|(_, parsed)| !self.broken.contains(&parsed.item));
        let files: Vec<StringsFile> = good
            .filter_map(|(lang, parsed)| {
                Some(StringsFile { lang: lang.clone(), source: parsed.value.as_ref()?.source.clone() })
            })
            .collect();
        let written = Content::put_strings_in(tx, &self.store, &self.run, &files).await?;
        self.note_written(EntityKind::Strings, written);
        Ok(())
    }

    async fn put_redirects_in(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        let folder = self.folder;
        if self.broken.contains(&folder.redirects.item) {
            return Ok(());
        }
        let lines = folder.redirects.value.iter().flatten();
        let inputs: Vec<RedirectInput> = lines
            .map(|line| {
                let to = line.to.as_ref().map_or(RedirectTarget::Gone, |to| {
                    let Ok(target) = to.parse();
                    target
                });
                RedirectInput { from: line.from.clone(), to }
            })
            .collect();
        for (path, outcome) in Stores::put_redirects_in(tx, &self.store, &self.run, &inputs).await? {
            self.note(EntityKind::Redirect, &path, outcome);
            self.changes.extend(outcome.change(EntityKind::Redirect, &path));
        }
        Ok(())
    }

    fn note_written(&mut self, kind: EntityKind, written: Written) {
        for (id, outcome) in &written.outcomes {
            self.note(kind, id, *outcome);
        }
        self.changes.extend(written.changes);
    }
}
