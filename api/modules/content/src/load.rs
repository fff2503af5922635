//! Reading a store's content.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use vitrine_core::{ContentHash, Hasher, Locale, PageName, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, Document};

use crate::door::{DOCUMENTS, MEDIA, MEDIA_TEXT, NAVIGATION, PAGE, STRINGS};
use crate::{AltTexts, Content, Error, Media, Navigation, PageFacts, PageText};

/// All content of a store: hundreds of pages, so it is kept in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentSet {
    /// Content pages by name.
    pub pages: BTreeMap<PageName, Page>,
    /// Main menu and footer.
    pub navigation: Navigation,
    /// Hash of the navigation, where there is one.
    pub navigation_hash: Option<ContentHash>,
    /// Fluent sources by language.
    pub strings: BTreeMap<Locale, String>,
    /// Hash of each language's source.
    pub strings_hash: BTreeMap<Locale, ContentHash>,
    /// Pictures by file.
    pub media: BTreeMap<String, Media>,
    /// Alt texts by language and file.
    pub alts: BTreeMap<Locale, AltTexts>,
    /// Hash of each language's alt texts.
    pub alts_hash: BTreeMap<Locale, ContentHash>,
}

/// A content page with its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its number in the store, never reused.
    pub seq: i64,
    /// The facts.
    pub facts: PageFacts,
    /// A text for each language.
    pub texts: BTreeMap<Locale, PageText>,
    /// Hash of facts and texts.
    pub hash: ContentHash,
    /// When facts or texts last changed.
    pub changed_at: Timestamp,
}

impl Content {
    /// All content of a store; of an unknown store there is none.
    pub async fn load(db: &Db, store: &StoreId) -> Result<ContentSet, Error> {
        let mut snapshot = db.snapshot().await?;
        Self::load_in(&mut snapshot, store).await
    }

    /// The same within a caller's transaction or connection.
    pub async fn load_in(connection: &mut AnyConnection, store: &StoreId) -> Result<ContentSet, Error> {
        let pages = pages(&DOCUMENTS.list(connection, store, PAGE).await?)?;
        let mut set = ContentSet { pages, ..ContentSet::default() };
        if let Some(document) = DOCUMENTS.list(connection, store, NAVIGATION).await?.first() {
            set.navigation = read(document)?;
            set.navigation_hash = Some(document.hash);
        }
        for document in DOCUMENTS.list(connection, store, STRINGS).await? {
            let lang = lang(&document)?;
            set.strings.insert(lang.clone(), read(&document)?);
            set.strings_hash.insert(lang, document.hash);
        }
        for document in DOCUMENTS.list(connection, store, MEDIA).await? {
            let media: Media = read(&document)?;
            set.media.insert(document.id, media);
        }
        for document in DOCUMENTS.list(connection, store, MEDIA_TEXT).await? {
            let lang = lang(&document)?;
            set.alts.insert(lang.clone(), read(&document)?);
            set.alts_hash.insert(lang, document.hash);
        }
        Ok(set)
    }

    /// The words of a store alone: Fluent sources by language.
    pub async fn strings(db: &Db, store: &StoreId) -> Result<BTreeMap<Locale, String>, Error> {
        let mut connection = db.reader().acquire().await?;
        let documents = DOCUMENTS.list(&mut connection, store, STRINGS).await?;
        documents.iter().map(|document| Ok((lang(document)?, read(document)?))).collect()
    }
}

fn pages(documents: &[Document]) -> Result<BTreeMap<PageName, Page>, Error> {
    let mut pages = BTreeMap::new();
    for group in documents.chunk_by(|a, b| a.id == b.id) {
        // Facts have no language and sort first; texts without facts belong to nothing.
        let Some((first, texts)) = group.split_first().filter(|(first, _)| first.lang.is_empty()) else {
            continue;
        };
        let facts: PageFacts = read(first)?;
        let mut hasher = Hasher::new("content page");
        for document in group {
            hasher.field(document.lang.as_bytes());
            hasher.hash(&document.hash);
        }
        let texts = texts
            .iter()
            .map(|text| Ok((lang(text)?, read(text)?)))
            .collect::<Result<BTreeMap<_, _>, Error>>()?;
        let changed_at = group.iter().map(|document| document.changed_at).max().unwrap_or(first.changed_at);
        let page = Page { seq: first.seq, texts, hash: hasher.finish(), changed_at, facts };
        pages.insert(page.facts.name.clone(), page);
    }
    Ok(pages)
}

fn read<T: DeserializeOwned>(document: &Document) -> Result<T, Error> {
    Ok(serde_json::from_str(&document.doc)?)
}

fn lang(document: &Document) -> Result<Locale, Error> {
    Locale::try_new(&document.lang)
        .map_err(|_| Error::Corrupt { table: DOCUMENTS.table, what: document.lang.clone() })
}
