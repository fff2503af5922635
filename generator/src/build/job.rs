//! A publish in steps, so that whoever runs it can look for something more urgent in between.

mod pass;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use vitrine_core::{Country, Reason, Revision, Timestamp};
use vitrine_db::DbError;

use self::pass::{Pass, pass};
use crate::build::batch::Collected;
use crate::build::phases::{Unit, Work, first_units};
use crate::build::since::{Aim, From, built};
use crate::build::{BuildReport, Generator, Mode, Renditions, Tally, new_name, selected};
use crate::demand::{Demands, forget_in};
use crate::editions::countries_of_editions;
use crate::error::BuildError;
use crate::lease::{Lease, Progress};
use crate::place::{Found, Place};
use crate::plan::Plan;
use crate::rehearsal;
use crate::site::render_epoch;
use crate::state::{Built, Known, State};

/// What a publish is asked for.
#[derive(Clone, Debug)]
pub struct JobRequest {
    /// Where.
    pub place: Place,
    /// Storefronts; none means all.
    pub countries: BTreeSet<Country>,
    /// The moment the pages are true for.
    pub as_of: Timestamp,
    /// What is looked at.
    pub mode: Mode,
    /// When pictures are encoded.
    pub renditions: Renditions,
    /// Why, as the release says.
    pub reason: Reason,
    /// Whether every page is compared.
    pub sweep: bool,
    /// Whether sitemaps that list what changed are put off to the next publish that does not put them off.
    pub sitemaps_later: bool,
    /// The right to publish, where several processes may.
    pub lease: Option<Lease>,
    /// W3C `traceparent` of the change that asked for it.
    pub trace: Option<String>,
    /// Demands that this publish answers, with how often they had been asked for.
    pub answers: Vec<(Country, i64)>,
}

impl JobRequest {
    /// All that changed in all storefronts of a place, by somebody's wish, by the only process that publishes there.
    pub fn new(place: Place, as_of: Timestamp) -> Self {
        Self {
            place,
            countries: BTreeSet::new(),
            as_of,
            mode: Mode::Incremental,
            renditions: Renditions::Wait,
            reason: Reason::Manual,
            sweep: false,
            sitemaps_later: false,
            lease: None,
            trace: None,
            answers: Vec::new(),
        }
    }

    fn is_preview(&self) -> bool {
        matches!(self.mode, Mode::Preview { .. })
    }
}

/// What a step came to.
#[derive(Debug)]
pub enum Step {
    /// There is more to do.
    More,
    /// All is published.
    Done(Box<BuildReport>),
}

/// A publish under way: dropped, it is as if the process had been killed, and the next one goes on.
pub struct Job {
    request: JobRequest,
    found: Found,
    selected: BTreeSet<Country>,
    /// Countries whose publishes are held back.
    held: BTreeSet<Country>,
    /// What the pages will show when it ends.
    to: From,
    sites_version: u64,
    passes: Vec<Pass>,
    tally: Tally,
    releases: BTreeMap<Country, i64>,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.passes.iter().map(|pass| pass.units.len()).sum::<usize>();
        write!(f, "Job({:?} to revision {}, {units} units left)", self.selected, self.to.revision)
    }
}

impl Job {
    /// The storefronts it publishes.
    pub fn countries(&self) -> &BTreeSet<Country> {
        &self.selected
    }

    /// Storefronts it was asked for and leaves alone, because somebody rolled them back.
    pub fn held(&self) -> &BTreeSet<Country> {
        &self.held
    }

    /// Answers demands as well that were made since it began, and that [`Generator::absorb`] has taken in.
    pub fn answer(&mut self, demands: &[(Country, i64)]) {
        let newer = |country: &Country| demands.iter().any(|(other, _)| other == country);
        self.request.answers.retain(|(country, _)| !newer(country));
        self.request.answers.extend(demands);
    }

    /// Whether nothing of the target is left out: what is held back is looked at in full when it is resumed.
    fn covers(&self, built: &BTreeMap<Country, Built>) -> bool {
        built.keys().all(|country| self.selected.contains(country) || self.held.contains(country))
    }

    /// The revision that its pages will show.
    pub fn revision(&self) -> Revision {
        self.to.revision
    }
}

impl Generator {
    /// Begins a publish: reads what changed and plans.
    ///
    /// # Errors
    /// When there is no such store or country, the place holds somebody else's files, or a storefront was published
    /// by a newer program.
    pub async fn start(&mut self, request: JobRequest) -> Result<Job, BuildError> {
        let found = request.place.found().await?;
        let label = request.place.label();
        let name = match (&found, request.mode) {
            (Found::Foreign, _) => return Err(BuildError::ForeignDirectory(label.to_owned())),
            (Found::Ours(_), Mode::Full) => return Err(BuildError::NotEmpty(label.to_owned())),
            (Found::Ours(name), _) => name.clone(),
            (Found::Empty, _) => new_name(label),
        };
        self.load(request.as_of).await?;
        let mut reader = self.db.reader().acquire().await.map_err(DbError::from)?;
        let known = Known::read(&mut reader, &self.store, &name).await?;
        if let (Found::Ours(_), None) = (&found, &known)
            && let Some(other) = State::other_owner(&mut reader, &name).await?
        {
            let (place, store) = (label.display().to_string(), self.store.clone());
            return Err(BuildError::OtherStore { place, other, store });
        }
        let loaded = self.loaded()?;
        let mut selected = selected(&request.countries, loaded, &self.store)?;
        let state = match request.mode {
            Mode::Incremental => {
                Some(State::open(&self.db, &self.store, &name, known, request.lease.clone()).await?)
            }
            Mode::Full => None,
            Mode::Preview { .. } => known.map(|known| State::of(&self.db, &self.store, known)),
        };
        if found == Found::Empty && !request.is_preview() {
            request.place.take(&name).await?;
        }
        let mut held = BTreeSet::new();
        if let Some(state) = &state {
            let holds = state.holds(&mut reader).await?;
            held = selected.iter().copied().filter(|country| holds.contains_key(country)).collect();
            selected.retain(|country| !held.contains(country));
        }
        let to = From { revision: loaded.revision, as_of: request.as_of };
        let sites_version = loaded.sites_version;
        let mut job = Job {
            request,
            found,
            selected,
            held,
            to,
            sites_version,
            passes: Vec::new(),
            tally: Tally::default(),
            releases: BTreeMap::new(),
        };
        let mut pass = self.first_pass(&job, state, &mut reader, false).await?;
        drop(reader);
        if let Mode::Preview { texts } = job.request.mode {
            let countries = countries_of_editions(&self.db, &self.store).await?;
            pass.run.preview = Some(Collected::new(countries, texts));
        }
        job.passes.push(pass);
        rehearsal::step("planned");
        Ok(job)
    }

    /// Does a part of a publish: at most some 500 pages.
    ///
    /// # Errors
    /// When a page can't be rendered, or the database or the store fails. What was written is in the ledger or in the
    /// journal, and the next publish goes on from there.
    pub async fn step(&mut self, job: &mut Job) -> Result<Step, BuildError> {
        // Another publish may have been done in between, of something newer: pages of two revisions side by side would
        // lead to what is deleted by the older.
        self.catch_up(job, job.to.as_of).await?;
        let Some((at, unit)) = job.next() else {
            return match job.join() {
                true => Ok(Step::More),
                false => self.end(job).await.map(Step::done),
            };
        };
        let mut pass = job.passes.remove(at);
        pass.run.releases.extend(job.releases());
        let loaded = self.loaded()?;
        let work = Work {
            db: &self.db,
            store: &self.store,
            loaded,
            sites: &loaded.sites,
            selected: &job.selected,
            texts: &self.texts,
            cards: &self.cards,
            studio: &self.studio,
            records: &pass.records,
            place: &job.request.place,
            renditions: job.request.renditions,
            as_of: job.to.as_of,
            orphaned: pass.orphaned,
        };
        // The database is read while files are put and the ledger is written.
        let ahead = async {
            if let Some(Unit::Products(seqs)) = pass.units.front() {
                // What fails here fails again where it is needed.
                let _ = pass.records.read(&self.db, &self.store, seqs).await;
            }
        };
        let (done, ()) = tokio::join!(work.run(&mut pass.run, &pass.plan, unit), ahead);
        done?;
        job.passes.insert(at, pass);
        Ok(Step::More)
    }

    /// Takes in what changed since the publish began and does that first; answers whether there was anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn absorb(&mut self, job: &mut Job, as_of: Timestamp) -> Result<bool, BuildError> {
        self.load(as_of).await?;
        self.catch_up(job, as_of).await
    }

    /// Does first what changed between the revision of a publish and the one that was read last.
    async fn catch_up(&mut self, job: &mut Job, as_of: Timestamp) -> Result<bool, BuildError> {
        let loaded = self.loaded()?;
        let is_behind = loaded.revision != job.to.revision;
        let newer = From { revision: loaded.revision, as_of };
        if is_behind {
            // What older passes have read may have changed.
            job.passes.iter().for_each(|pass| pass.records.clear());
        }
        if loaded.sites_version != job.sites_version {
            job.to = newer;
            self.restart(job).await?;
            return Ok(is_behind);
        }
        let Some(state) = job.passes.first().and_then(|pass| pass.run.state.clone()).filter(|_| is_behind)
        else {
            return Ok(false);
        };
        let now = built(&loaded.sites, &job.selected, loaded.revision, as_of);
        let mut reader = state.reader().await?;
        let (store, found) = (&self.store, &job.found);
        let mut aim = Aim { state: &state, reader: &mut reader, store, loaded, found, now: &now, as_of };
        let plan = aim.changes(job.to, job.in_doubt()).await?;
        drop(reader);
        job.to = newer;
        if plan == Plan::Everything {
            self.restart(job).await?;
            return Ok(true);
        }
        let mut run = self.run(job, Some(state));
        if let Some(below) = job.passes.last() {
            run.lies_upon(&below.run);
        }
        let loaded = self.loaded()?;
        let first = first_units(&plan, &plan, loaded);
        job.passes.push(pass(plan, first, loaded, run, &job.request, BTreeSet::new(), false));
        Ok(true)
    }

    /// Closes the publish: what storefronts show now, their releases, the demands answered, the lease.
    async fn end(&mut self, job: &mut Job) -> Result<BuildReport, BuildError> {
        let (mut late, mut caught_up) = (BTreeSet::new(), BTreeSet::new());
        let (mut state, mut preview) = (None, None);
        while let Some(mut pass) = job.passes.pop() {
            job.collect(&pass.run);
            late.append(&mut pass.late);
            caught_up.append(&mut pass.caught_up);
            state = pass.run.state.take().filter(|_| !job.request.is_preview());
            preview = pass.run.preview.take();
        }
        let loaded = self.loaded()?;
        if let Some(state) = &state {
            let now = built(&loaded.sites, &job.selected, job.to.revision, job.to.as_of);
            let known = loaded.sites.iter().map(|site| site.edition.country).collect();
            let ours = |country: &Country| job.selected.contains(country);
            let editions = |ours_too: bool| {
                let sites = loaded.sites.iter();
                sites.filter(|site| ours(&site.edition.country) == ours_too).map(|site| site.number).collect()
            };
            let opening = job.opening();
            rehearsal::step("before close");
            let mut tx = state.begin(&Progress::default()).await?;
            state.close_releases_in(&mut tx, &job.tally.counts(&job.selected), &opening).await?;
            state.rechecked_in(&mut tx, &editions(true), job.request.as_of).await?;
            state.caught_up_in(&mut tx, &caught_up).await?;
            state.put_off_in(&mut tx, &late).await?;
            Demands::answer_in(&mut tx, &self.store, &job.request.answers).await?;
            forget_in(&mut tx, "generator_trouble", &self.store, &job.selected).await?;
            state.finish_in(&mut tx, &now, &known, &editions(false)).await?;
            tx.commit().await.map_err(DbError::from)?;
            rehearsal::step("closed");
        }
        let renditions = loaded.renditions.clone();
        let mut report = std::mem::take(&mut job.tally).report(job.to.revision, job.to.as_of, renditions);
        report.releases = std::mem::take(&mut job.releases);
        report.held = job.held.clone();
        report.preview =
            preview.map(|preview| preview.preview(job.to.revision, job.to.as_of, job.held.clone()));
        Ok(report)
    }
}

impl Step {
    fn done(report: BuildReport) -> Self {
        Self::Done(Box::new(report))
    }
}

/// An older program would take back what a newer one has changed.
fn refuse_newer(built: &BTreeMap<Country, Built>, selected: &BTreeSet<Country>) -> Result<(), BuildError> {
    let newer =
        built.iter().find(|(country, built)| selected.contains(country) && built.epoch > render_epoch());
    match newer {
        Some((country, built)) => {
            Err(BuildError::NewerEpoch { country: country.to_string(), found: built.epoch })
        }
        None => Ok(()),
    }
}
