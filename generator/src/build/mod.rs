//! A build: load, plan, and publish phase by phase.

mod batch;
mod decks;
mod files;
mod listings;
mod load;
mod phases;
mod products;
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

use crate::build::batch::Run;
use crate::build::load::Loaded;
use crate::build::since::{Aim, Task, built};
use crate::cards::CardCache;
use crate::editions::edition_numbers;
use crate::error::BuildError;
use crate::output::{Found, Output};
use crate::rich::Texts;
use crate::site::Site;
use crate::state::{Built, State};

/// Paths named in a report.
const PATHS_NAMED: usize = 1000;

/// What a build is asked for.
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
}

impl Tally {
    pub(crate) fn note_path(&mut self, path: &str) {
        if self.paths.len() < PATHS_NAMED {
            self.paths.push(path.to_owned());
        }
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
        }
    }
}

/// Builds the storefronts of one store; keeps what it has read from build to build.
pub struct Generator {
    db: Db,
    store: StoreId,
    theme: Arc<Theme>,
    studio: Studio,
    threads: usize,
    texts: Texts,
    cards: CardCache,
    loaded: Option<Loaded>,
    /// What the kept cards were made with.
    cards_of: Option<vitrine_core::ContentHash>,
}

impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Generator({}, {} threads)", self.store, self.threads)
    }
}

impl Generator {
    /// A generator for a store; reads nothing yet. Pictures are encoded by `studio`.
    pub fn new(db: Db, store: StoreId, theme: Arc<Theme>, studio: Studio) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (texts, cards) = (Texts::default(), CardCache::default());
        Self { db, store, theme, studio, threads, texts, cards, loaded: None, cards_of: None }
    }

    /// Renders on so many threads instead of one for each core; the bytes are the same.
    pub fn set_threads(&mut self, threads: usize) {
        self.threads = threads.max(1);
    }

    /// Takes another theme; the next build renders what it changes.
    pub fn set_theme(&mut self, theme: Arc<Theme>) {
        if let Some(loaded) = &mut self.loaded {
            loaded.context.theme = Arc::clone(&theme);
        }
        self.theme = theme;
    }

    /// Builds storefronts into a directory.
    ///
    /// # Errors
    /// What was written before an error is listed in the journal and looked at again by the next build; pages that
    /// could not be rendered stay as they were.
    pub async fn build(&mut self, request: &BuildRequest) -> Result<BuildReport, BuildError> {
        let (name, found) = name_of(request)?;
        let mut loaded = self.load().await?;
        let done = self.build_with(request, &name, found, &mut loaded).await;
        self.loaded = Some(loaded);
        done
    }

    async fn load(&mut self) -> Result<Loaded, BuildError> {
        if let Some(mut loaded) = self.loaded.take()
            && loaded.refresh(&self.db, &self.store, &self.cards).await?
        {
            return Ok(loaded);
        }
        self.cards.clear();
        Loaded::read(&self.db, &self.store, &self.theme).await
    }

    async fn build_with(
        &mut self,
        request: &BuildRequest,
        name: &str,
        found: Found,
        loaded: &mut Loaded,
    ) -> Result<BuildReport, BuildError> {
        let sites = self.sites(loaded, request.as_of).await?;
        self.forget_stale_cards(&sites);
        let selected = selected(request, loaded, &self.store)?;
        let state = match request.mode {
            Mode::Incremental => Some(State::open(&self.db, &self.store, name).await?),
            Mode::Full => None,
        };
        let output = Output::open(&request.out, name, found == Found::Empty)?;
        let built = built(&sites, &selected, loaded.revision, request.as_of);
        let task = match &state {
            Some(state) => self.aim(loaded, &found, &built, request.as_of).task(state).await?,
            None => Task::everything(),
        };
        let chosen = sites.iter().filter(|site| selected.contains(&site.edition.country));
        let mut run = Run {
            editions: chosen.map(|site| site.number).collect(),
            alive: sites.iter().map(|site| site.number).collect(),
            unknown: task.unknown,
            vacated: task.touched,
            ..Run::new(state.as_ref(), &output, self.threads)
        };
        let renditions = crate::pictures::renditions(loaded.index.content());
        let work = phases::Work {
            db: &self.db,
            store: &self.store,
            loaded,
            sites: &sites,
            selected: &selected,
            texts: &self.texts,
            cards: &self.cards,
            as_of: request.as_of,
            orphaned: task.orphaned,
        };
        work.assets(&mut run, &self.studio, &renditions, request.renditions)?;
        work.run(&mut run, &task.plan).await?;
        if let Some(state) = &state {
            let known = sites.iter().map(|site| site.edition.country).collect();
            let waiting = run.alive.difference(&run.editions).copied().collect();
            state.finish(&built, &known, &waiting).await?;
        }
        Ok(run.tally.report(loaded.revision, request.as_of, renditions))
    }

    fn aim<'a>(
        &'a self,
        loaded: &'a Loaded,
        found: &'a Found,
        now: &'a BTreeMap<Country, Built>,
        as_of: Timestamp,
    ) -> Aim<'a> {
        Aim { db: &self.db, store: &self.store, loaded, found, now, as_of }
    }

    /// All editions of the store, ready to render.
    async fn sites(&self, loaded: &Loaded, as_of: Timestamp) -> Result<Vec<Site>, BuildError> {
        let store = &loaded.context.store;
        let editions = store.editions();
        let names: Vec<_> =
            editions.iter().map(|edition| (edition.country, edition.locale.clone())).collect();
        let numbers = edition_numbers(&self.db, &self.store, &names).await?;
        let mut sites = Vec::with_capacity(editions.len());
        for (edition, number) in editions.into_iter().zip(numbers) {
            let Some(country) = store.country(edition.country) else { continue };
            sites.push(Site::try_new(number, edition, country, &loaded.context, &loaded.index, as_of)?);
        }
        Ok(sites)
    }

    /// Cards show words, prices and the theme: when those of any edition changed, none can be kept.
    fn forget_stale_cards(&mut self, sites: &[Site]) {
        let mut hasher = vitrine_core::Hasher::new("vitrine cards");
        for site in sites {
            hasher.hash(&site.hash);
        }
        let now = hasher.finish();
        if self.cards_of.replace(now) != Some(now) {
            self.cards.clear();
        }
    }
}

/// The storefronts asked for.
fn selected(
    request: &BuildRequest,
    loaded: &Loaded,
    store: &StoreId,
) -> Result<BTreeSet<Country>, BuildError> {
    let known: BTreeSet<Country> =
        loaded.context.store.countries.iter().map(|config| config.country).collect();
    if let Some(wrong) = request.countries.iter().find(|country| !known.contains(country)) {
        let known: Vec<&str> = known.iter().map(Country::code).collect();
        return Err(BuildError::NoCountry {
            store: store.clone(),
            country: wrong.to_string(),
            known: known.join(", "),
        });
    }
    Ok(if request.countries.is_empty() { known } else { request.countries.iter().copied().collect() })
}

/// The name of a directory's ledger, and what the directory is found to be.
fn name_of(request: &BuildRequest) -> Result<(String, Found), BuildError> {
    let found = Output::look(&request.out)?;
    match (&found, request.mode) {
        (Found::Foreign, _) => Err(BuildError::ForeignDirectory(request.out.clone())),
        (Found::Ours(_), Mode::Full) => Err(BuildError::NotEmpty(request.out.clone())),
        (Found::Ours(name), Mode::Incremental) => Ok((name.clone(), found)),
        (Found::Empty, _) => Ok((new_name(&request.out), found)),
    }
}

/// A name that no other directory has: drawn at random, because a directory may be emptied and used again, and
/// its old ledger must not be believed.
fn new_name(out: &Path) -> String {
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write(out.as_os_str().as_encoded_bytes());
    format!("{:016x}", hasher.finish())
}
