//! A build: load, plan, and publish unit by unit.

mod assets;
mod batch;
mod decks;
mod files;
mod job;
mod listings;
mod load;
mod phases;
mod products;
mod records;
mod since;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{BuildHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vitrine_core::{Country, Revision, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_pictures::{Rendition, Studio};
use vitrine_theme::Theme;

use crate::build::load::Loaded;
use crate::cards::CardCache;
use crate::error::BuildError;
use crate::place::Place;
use crate::rich::Texts;
use crate::state::Published;

pub use batch::{PathChange, Preview};
pub use job::{Job, JobRequest, Step};

/// Paths named in a report.
const PATHS_NAMED: usize = 1000;

/// What a build into a directory is asked for, by the only process that writes there.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// The directory that is written.
    pub out: PathBuf,
    /// Storefronts to build; none means all.
    pub countries: Vec<Country>,
    /// The moment the pages are true for.
    pub as_of: Timestamp,
    /// What is looked at.
    pub mode: Mode,
    /// When pictures are encoded.
    pub renditions: Renditions,
}

/// What a build looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What changed since the directory was last built.
    Incremental,
    /// Everything, into an empty directory, without touching any ledger.
    Full,
    /// What changed, without writing anything; the bytes of so many changed pages are kept.
    Preview {
        /// How many.
        texts: usize,
    },
}

/// When pictures are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renditions {
    /// Before the pages that show them are written.
    Wait,
    /// By the caller, who serves the originals meanwhile.
    Later,
}

/// What a build did.
#[derive(Clone, Debug, Default)]
pub struct BuildReport {
    /// Pages looked at: all of the storefronts in a sweep, else those the changes touch.
    pub pages: u64,
    /// Pages rendered because something they are made from changed.
    pub rendered: u64,
    /// Files written because their bytes changed.
    pub written: u64,
    /// Files deleted.
    pub removed: u64,
    /// Bytes of the files written.
    pub bytes: u64,
    /// The store's revision the pages show.
    pub revision: Revision,
    /// The moment they are true for.
    pub as_of: Timestamp,
    /// Every rendition that pages may point to.
    pub renditions: Vec<Rendition>,
    /// Paths written or deleted, at most 1,000.
    pub changed_paths: Vec<String>,
    /// The releases that were made.
    pub releases: BTreeMap<Country, i64>,
    /// Storefronts that were left alone because somebody rolled them back.
    pub held: BTreeSet<Country>,
    /// What was done in each storefront that was looked at.
    pub by_country: BTreeMap<Country, Counts>,
    /// What would be done, where nothing was ([`Mode::Preview`]).
    pub preview: Option<Preview>,
}

/// Counts of a running build.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub pages: u64,
    pub rendered: u64,
    pub written: u64,
    pub removed: u64,
    pub bytes: u64,
    paths: Vec<String>,
    by_country: BTreeMap<Country, Counts>,
}

/// What a build did in one storefront.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pages looked at.
    pub pages: u64,
    /// Pages rendered.
    pub rendered: u64,
    /// Files written.
    pub written: u64,
    /// Files removed.
    pub removed: u64,
    /// Bytes written.
    pub bytes: u64,
}

impl Tally {
    pub(crate) fn note_path(&mut self, path: &str) {
        if self.paths.len() < PATHS_NAMED {
            self.paths.push(path.to_owned());
        }
    }

    pub(crate) fn wrote(&mut self, country: Option<Country>, row: &Published) {
        let bytes = u64::try_from(row.bytes).unwrap_or_default();
        self.written += 1;
        self.bytes += bytes;
        self.note_path(&row.path);
        if let Some(country) = country {
            let counts = self.by_country.entry(country).or_default();
            counts.written += 1;
            counts.bytes += bytes;
        }
    }

    pub(crate) fn removed(&mut self, country: Option<Country>, path: &str) {
        self.removed += 1;
        self.note_path(path);
        if let Some(country) = country {
            self.by_country.entry(country).or_default().removed += 1;
        }
    }

    /// Adds another's counts.
    fn add(&mut self, other: &Self) {
        self.pages += other.pages;
        self.rendered += other.rendered;
        self.written += other.written;
        self.removed += other.removed;
        self.bytes += other.bytes;
        other.paths.iter().for_each(|path| self.note_path(path));
        for (country, counts) in &other.by_country {
            let sum = self.by_country.entry(*country).or_default();
            sum.pages += counts.pages;
            sum.rendered += counts.rendered;
            sum.written += counts.written;
            sum.removed += counts.removed;
            sum.bytes += counts.bytes;
        }
    }

    /// Counts a page that was looked at, or rendered.
    pub(crate) fn looked_at(&mut self, country: Option<Country>, rendered: bool) {
        if let Some(country) = country {
            let counts = self.by_country.entry(country).or_default();
            match rendered {
                true => counts.rendered += 1,
                false => counts.pages += 1,
            }
        }
    }

    /// What was done in each of some storefronts.
    fn counts(&self, countries: &BTreeSet<Country>) -> BTreeMap<Country, Counts> {
        let of = |country: &Country| self.by_country.get(country).copied().unwrap_or_default();
        countries.iter().map(|country| (*country, of(country))).collect()
    }

    fn report(self, revision: Revision, as_of: Timestamp, renditions: Vec<Rendition>) -> BuildReport {
        BuildReport {
            pages: self.pages,
            rendered: self.rendered,
            written: self.written,
            removed: self.removed,
            bytes: self.bytes,
            revision,
            as_of,
            renditions,
            changed_paths: self.paths,
            releases: BTreeMap::new(),
            held: BTreeSet::new(),
            by_country: self.by_country,
            preview: None,
        }
    }
}

/// Builds the storefronts of one store; keeps what it has read from build to build.
pub struct Generator {
    db: Db,
    store: StoreId,
    theme: Arc<Theme>,
    studio: Studio,
    texts: Texts,
    cards: CardCache,
    loaded: Option<Loaded>,
}

impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Generator({})", self.store)
    }
}

impl Generator {
    /// A generator for a store; reads nothing yet. Pictures are encoded by `studio`.
    pub fn new(db: Db, store: StoreId, theme: Arc<Theme>, studio: Studio) -> Self {
        let (texts, cards) = (Texts::default(), CardCache::default());
        Self { db, store, theme, studio, texts, cards, loaded: None }
    }

    /// Takes another theme; the next build renders what it changes. The same one is no change.
    pub fn set_theme(&mut self, theme: Arc<Theme>) {
        if Arc::ptr_eq(&self.theme, &theme) {
            return;
        }
        if let Some(loaded) = &mut self.loaded {
            loaded.set_theme(Arc::clone(&theme));
        }
        self.theme = theme;
    }

    /// Builds storefronts into a directory.
    ///
    /// # Errors
    /// What was written before an error is listed in the journal and looked at again by the next build; pages that
    /// could not be rendered stay as they were.
    pub async fn build(&mut self, request: &BuildRequest) -> Result<BuildReport, BuildError> {
        if request.mode == Mode::Full && !Place::is_empty(&request.out)? {
            return Err(BuildError::NotEmpty(request.out.clone()));
        }
        let place = Place::directory(&request.out, false)?;
        let job = JobRequest {
            countries: request.countries.iter().copied().collect(),
            mode: request.mode,
            renditions: request.renditions,
            ..JobRequest::new(place, request.as_of)
        };
        self.run_to_the_end(job).await
    }

    /// Does a publish in one go.
    ///
    /// # Errors
    /// As [`Generator::start`] and [`Generator::step`].
    pub async fn run_to_the_end(&mut self, request: JobRequest) -> Result<BuildReport, BuildError> {
        let mut job = self.start(request).await?;
        loop {
            if let Step::Done(report) = self.step(&mut job).await? {
                return Ok(*report);
            }
        }
    }

    /// What a publish would do. The bytes of at most `texts` changed pages are kept; the request's mode does not matter.
    ///
    /// # Errors
    /// As [`Generator::start`] and [`Generator::step`].
    pub async fn preview(&mut self, request: JobRequest, texts: usize) -> Result<Preview, BuildError> {
        let request = JobRequest { mode: Mode::Preview { texts }, lease: None, ..request };
        Ok(self.run_to_the_end(request).await?.preview.unwrap_or_default())
    }

    /// Takes in what changed, or reads everything; the sites are ready afterwards.
    async fn load(&mut self, as_of: Timestamp) -> Result<(), BuildError> {
        let followed = match &mut self.loaded {
            Some(loaded) => loaded.refresh(&self.db, &self.store, &self.cards).await?,
            None => false,
        };
        if !followed {
            self.cards.clear();
            let version = self.loaded.take().map_or(0, |loaded| loaded.sites_version + 1);
            let mut loaded = Loaded::read(&self.db, &self.store, &self.theme).await?;
            loaded.sites_version = version;
            self.loaded = Some(loaded);
        }
        if let Some(loaded) = &mut self.loaded
            && loaded.prepare(&self.db, &self.store, as_of).await?
        {
            // Cards show words, prices and the theme: when those of any edition changed, none can be kept.
            self.cards.clear();
        }
        Ok(())
    }

    fn loaded(&self) -> Result<&Loaded, BuildError> {
        self.loaded.as_ref().ok_or_else(|| BuildError::NoStore(self.store.clone()))
    }
}

/// The storefronts asked for.
fn selected(
    countries: &BTreeSet<Country>,
    loaded: &Loaded,
    store: &StoreId,
) -> Result<BTreeSet<Country>, BuildError> {
    let known: BTreeSet<Country> =
        loaded.context.store.countries.iter().map(|config| config.country).collect();
    if let Some(wrong) = countries.iter().find(|country| !known.contains(country)) {
        let known: Vec<&str> = known.iter().map(Country::code).collect();
        return Err(BuildError::NoCountry {
            store: store.clone(),
            country: wrong.to_string(),
            known: known.join(", "),
        });
    }
    Ok(if countries.is_empty() { known } else { countries.clone() })
}

/// A name that no other directory has: drawn at random, because a directory may be emptied and used again, and
/// its old ledger must not be believed.
fn new_name(out: &Path) -> String {
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write(out.as_os_str().as_encoded_bytes());
    format!("{:016x}", hasher.finish())
}
