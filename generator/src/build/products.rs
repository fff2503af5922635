//! The phase of product pages: range by range, all editions of a product together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_catalog::{Catalog, ProductRecord};
use vitrine_content::markdown::may_refer;

use crate::build::batch::Run;
use crate::build::decks::Everywhere;
use crate::build::phases::{Work, gaps, page};
use crate::cards::CardDeck;
use crate::error::BuildError;
use crate::key::Kind;
use crate::model::{self, Alternates, Draft, Maker};
use crate::parallel;

impl Work<'_> {
    /// Pages of products that are gone: the ledger is asked for the numbers that no product has.
    pub(crate) async fn gone_products(&self, run: &mut Run) -> Result<(), BuildError> {
        let gaps = gaps(Kind::Product, self.loaded.index.product_seqs());
        let gone = run.published_of(&gaps).await?;
        run.update(Vec::new(), &gone).await
    }

    /// Those of some products, in the order of their numbers, that have a page which is not there yet; the index tells
    /// without reading them.
    pub(crate) async fn newcomers(&self, run: &mut Run, seqs: &[i64]) -> Result<(), BuildError> {
        let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else { return Ok(()) };
        let (first, last) = (page(Kind::Product, *first, 0), page(Kind::Product, *last, u16::MAX));
        let published = run.published(first, last).await?;
        let there: BTreeSet<&str> =
            published.values().filter(|row| row.hash.is_some()).map(|row| row.path.as_str()).collect();
        let sites = self.sites.iter().filter(|site| run.editions.contains_key(&site.number));
        let views: Vec<_> = sites.map(|site| site.view(&self.loaded.index, self.as_of)).collect();
        let is_new = |seq: &i64| {
            views.iter().any(|view| {
                let variants = view.variant_pages(*seq).into_iter().map(|(_, path)| path);
                view.product_path(*seq).into_iter().chain(variants).any(|path| !there.contains(path.as_str()))
            })
        };
        let new: Vec<i64> = seqs.iter().copied().filter(is_new).collect();
        match new.is_empty() {
            true => Ok(()),
            false => self.product_list(run, &new).await,
        }
    }

    /// Some products, with all that the ledger has of them.
    pub(crate) async fn product_list(&self, run: &mut Run, seqs: &[i64]) -> Result<(), BuildError> {
        let records = self.records.read(self.db, self.store, seqs).await?;
        let pages = |seq: &i64| (page(Kind::Product, *seq, 0), page(Kind::Product, *seq, u16::MAX));
        let published = run.published_of(&seqs.iter().map(pages).collect::<Vec<_>>()).await?;
        let products = self.everywhere(&records);
        let deck = self.deck(&products, &self.shown_by(&records)?).await?;
        let parts = self.parts(&records).await?;
        let drafts = parallel::map(&products, |product| self.product_drafts(product, &deck, &parts));
        let mut all = Vec::new();
        for drafts in drafts {
            all.append(&mut drafts?);
        }
        let todo = run.compare(all, &published);
        self.cards_of(&deck, &todo).await?;
        run.publish(todo, &published).await
    }

    fn product_drafts<'b>(
        &'b self,
        product: &'b Everywhere<'b>,
        deck: &'b CardDeck,
        parts: &'b BTreeMap<i64, ProductRecord>,
    ) -> Result<Vec<Draft<'b>>, BuildError> {
        let Some(first) = self.sites.first() else { return Ok(Vec::new()) };
        let maker = self.maker(first, deck, parts);
        let path_in = |other: Maker<'_>| {
            let found = product.shared.iter().find(|(site, _)| site.number == other.site.number);
            found.map(|(_, shared)| shared.path.clone())
        };
        let alternates = Arc::new(Alternates::new(maker.alternate_links(None, path_in)));
        let mut drafts = Vec::new();
        for (site, shared) in &product.shared {
            if self.selected.contains(&site.edition.country) {
                drafts.append(&mut model::product_pages(&maker.for_site(site), shared, &alternates)?);
            }
        }
        Ok(drafts)
    }

    /// Numbers of the products whose cards the pages of some products show.
    pub(crate) fn shown_by(&self, records: &[Arc<ProductRecord>]) -> Result<BTreeSet<i64>, BuildError> {
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for record in records {
            ids.extend(record.product.related.iter().map(ToString::to_string));
            let bodies = record.texts.iter().filter_map(|layer| layer.text.body.as_deref());
            for body in bodies.filter(|body| may_refer(body)) {
                ids.extend(crate::rich::products_of(&*self.texts.parse(body, record.product.id.as_str())?));
            }
        }
        Ok(self.seqs_of(&ids))
    }

    /// The products that bundles of the batch consist of.
    pub(crate) async fn parts(
        &self,
        records: &[Arc<ProductRecord>],
    ) -> Result<BTreeMap<i64, ProductRecord>, BuildError> {
        let variants = records.iter().flat_map(|record| &record.product.variants);
        let seqs: BTreeSet<i64> = variants
            .flat_map(|variant| &variant.parts)
            .filter_map(|part| self.loaded.index.seq_of_sku(&part.sku))
            .collect();
        if seqs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let seqs: Vec<i64> = seqs.into_iter().collect();
        let records = Catalog::products_by_seq(self.db, self.store, &seqs).await?;
        Ok(records.into_iter().map(|record| (record.seq, record)).collect())
    }
}
