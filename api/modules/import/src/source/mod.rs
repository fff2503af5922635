//! Reads a content folder: every file with its places, all that is wrong at once.

pub(crate) mod catalog;
pub(crate) mod commerce;
pub(crate) mod content;
pub(crate) mod folder;
pub(crate) mod locate;
pub(crate) mod markdown;
pub(crate) mod media;
pub(crate) mod parsed;
pub(crate) mod price;
pub(crate) mod product;
pub(crate) mod reader;
pub(crate) mod shop;
pub(crate) mod strings;
pub(crate) mod text;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use vitrine_catalog::{CategoryInput, ProductInput, SchemaInput};
use vitrine_content::{Media, Navigation, PageInput};
use vitrine_store::{CountryConfig, StoreConfig};

use self::commerce::Commerce;
use self::content::RedirectLine;
use self::folder::{Root, Stamp};
use self::media::Alts;
use self::parsed::Parsed;
use self::price::Currencies;
use self::strings::Strings;
use crate::error::ImportError;
use crate::report::{Finding, Severity};

/// Items of one kind by id.
pub(crate) type Items<T> = BTreeMap<String, Arc<Parsed<T>>>;

/// A content folder as it was read.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) root: Root,
    pub(crate) store: Parsed<StoreConfig>,
    pub(crate) countries: Vec<Parsed<CountryConfig>>,
    pub(crate) schema: Parsed<SchemaInput>,
    pub(crate) categories: Items<CategoryInput>,
    pub(crate) products: Items<ProductInput>,
    pub(crate) pages: Items<PageInput>,
    pub(crate) navigation: Parsed<Navigation>,
    pub(crate) redirects: Parsed<Vec<RedirectLine>>,
    pub(crate) strings: Strings,
    pub(crate) media: Items<Media>,
    pub(crate) alts: Alts,
    pub(crate) commerce: Arc<Commerce>,
    /// Files that belong to nothing.
    pub(crate) strays: Vec<Finding>,
}

/// Items as an earlier reading left them, with what tells whether their files changed since.
#[derive(Debug)]
struct Shelf<T>(BTreeMap<String, (Vec<Stamp>, Arc<Parsed<T>>)>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Shelf<T> {
    /// Reads the items that changed and forgets those that are gone.
    fn read(
        &mut self,
        stamped: Vec<(String, Vec<Stamp>)>,
        read: impl Fn(&str, &[Stamp]) -> Result<Parsed<T>, ImportError>,
    ) -> Result<Items<T>, ImportError> {
        let mut kept = std::mem::take(&mut self.0);
        let mut items = Items::new();
        for (id, stamps) in stamped {
            let entry = match kept.remove(&id).filter(|(before, _)| *before == stamps) {
                Some(entry) => entry,
                None => {
                    let parsed = Arc::new(read(&id, &stamps)?);
                    (stamps, parsed)
                }
            };
            items.insert(id.clone(), Arc::clone(&entry.1));
            self.0.insert(id, entry);
        }
        Ok(items)
    }
}

/// What earlier readings of the same folder left.
#[derive(Debug, Default)]
pub(crate) struct ReadCache {
    currencies: Currencies,
    categories: Shelf<CategoryInput>,
    products: Shelf<ProductInput>,
    pages: Shelf<PageInput>,
    media: Shelf<Media>,
    commerce: Option<(Vec<Stamp>, Arc<Commerce>)>,
}

/// Reads a whole folder; fails only when the disk does.
pub(crate) fn read_folder(path: &Path, cache: &mut ReadCache) -> Result<Folder, ImportError> {
    std::fs::read_dir(path).map_err(ImportError::reading(path))?;
    let root = Root::new(path);
    let store = shop::store(&root)?;
    let countries = shop::countries(&root)?;
    let currencies: Currencies = countries
        .iter()
        .filter_map(|country| country.value.as_ref())
        .map(|country| (country.country, country.currency))
        .collect();
    if currencies != cache.currencies {
        *cache = ReadCache { currencies, ..ReadCache::default() };
    }
    let currencies = &cache.currencies;
    let categories = cache
        .categories
        .read(folders(&root, "categories")?, |id, stamps| catalog::category(&root, id, stamps))?;
    let products = cache
        .products
        .read(folders(&root, "products")?, |id, stamps| product::product(&root, id, stamps, currencies))?;
    let pages = cache.pages.read(folders(&root, "pages")?, |id, stamps| content::page(&root, id, stamps))?;
    let (pictures, texts): (Vec<Stamp>, Vec<Stamp>) =
        root.stamps("media")?.into_iter().partition(|stamp| !stamp.file.ends_with(".toml"));
    let pictures = pictures.into_iter().map(|stamp| (stamp.file.clone(), vec![stamp])).collect();
    let media = cache.media.read(pictures, |file, _| media::picture(&root, file))?;
    let commerce = commerce(&root, &mut cache.commerce)?;
    let (alts, stray_alts) = media::alts(&root, &texts)?;
    let (strings, stray_strings) = strings::strings(&root)?;
    let schema = catalog::schema(&root)?;
    let navigation = content::navigation(&root)?;
    let redirects = content::redirects(&root)?;
    let strays = strays(&root, &stray_alts, &stray_strings);
    Ok(Folder {
        root,
        store,
        countries,
        schema,
        categories,
        products,
        pages,
        navigation,
        redirects,
        strings,
        media,
        alts,
        commerce,
        strays,
    })
}

/// Reads the rules again if one of their files changed.
fn commerce(
    root: &Root,
    cache: &mut Option<(Vec<Stamp>, Arc<Commerce>)>,
) -> Result<Arc<Commerce>, ImportError> {
    let stamps = root.stamps(commerce::FOLDER)?;
    if let Some((_, commerce)) = cache.as_ref().filter(|(before, _)| *before == stamps) {
        return Ok(Arc::clone(commerce));
    }
    let read = Arc::new(commerce::commerce(root, &stamps)?);
    *cache = Some((stamps, Arc::clone(&read)));
    Ok(read)
}

fn folders(root: &Root, relative: &str) -> Result<Vec<(String, Vec<Stamp>)>, ImportError> {
    let names = root.folders(relative)?;
    let stamped = names.into_iter().map(|name| {
        let stamps = root.stamps(&format!("{relative}/{name}"))?;
        Ok((name, stamps))
    });
    stamped.collect()
}

fn strays(root: &Root, alts: &[String], strings: &[String]) -> Vec<Finding> {
    let alts = alts.iter().map(|file| (format!("media/{file}"), "alt texts stand in <lang>.toml"));
    let strings = strings.iter().map(|file| (format!("strings/{file}"), "messages stand in <lang>.ftl"));
    let finding = |(relative, what): (String, &str)| Finding {
        file: root.shown(&relative),
        line: 1,
        column: 1,
        severity: Severity::Warning,
        what: format!("the file is not read: {what}"),
        item: None,
    };
    alts.chain(strings).map(finding).collect()
}
