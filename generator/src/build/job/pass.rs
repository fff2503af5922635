//! The passes of a publish: what was planned when it began, and upon it what came since and is done first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use vitrine_core::Country;
use vitrine_db::{AnyConnection, DbError};

use super::{Job, JobRequest, refuse_newer};
use crate::build::batch::Run;
use crate::build::phases::{Unit, due_units, first_units, units};
use crate::build::records::Records;
use crate::build::since::{Aim, Task, built};
use crate::build::{Generator, Mode};
use crate::error::BuildError;
use crate::key::{EntityKey, Kind, PageKey};
use crate::lease::Progress;
use crate::place::Found;
use crate::plan::Plan;
use crate::state::{Built, Opening, State};

/// One plan being carried out; one that came later and is more urgent lies on top.
pub(super) struct Pass {
    pub(super) plan: Plan,
    pub(super) units: VecDeque<Unit>,
    pub(super) run: Run,
    pub(super) orphaned: bool,
    pub(super) records: Records,
    /// Sitemap shards left for later.
    pub(super) late: BTreeSet<EntityKey>,
    /// Sitemap shards that had been left and are done by this.
    pub(super) caught_up: BTreeSet<EntityKey>,
}

impl Generator {
    /// Begins anew, everything compared: what was done already costs a comparison.
    pub(super) async fn restart(&mut self, job: &mut Job) -> Result<(), BuildError> {
        let Some(first) = job.passes.first() else { return Ok(()) };
        let state = first.run.state.clone();
        let mut reader = self.db.reader().acquire().await.map_err(DbError::from)?;
        while let Some(pass) = job.passes.pop() {
            job.collect(&pass.run);
        }
        job.sites_version = self.loaded()?.sites_version;
        let pass = self.first_pass(job, state, &mut reader, true).await?;
        job.passes.push(pass);
        Ok(())
    }

    pub(super) async fn first_pass(
        &self,
        job: &Job,
        state: Option<State>,
        reader: &mut AnyConnection,
        all: bool,
    ) -> Result<Pass, BuildError> {
        let loaded = self.loaded()?;
        let now = built(&loaded.sites, &job.selected, job.to.revision, job.to.as_of);
        let before = match &state {
            Some(state) => state.built(reader).await?,
            None => BTreeMap::new(),
        };
        refuse_newer(&before, &job.selected)?;
        let mut task = match &state {
            Some(state) => {
                let (store, found, as_of) = (&self.store, &job.found, job.to.as_of);
                Aim { state, reader, store, loaded, found, now: &now, as_of }.task(&before).await?
            }
            None => Task::everything(),
        };
        // A preview has no ledger to make where the one of the place is lost.
        let lost = state.is_none() && job.found != Found::Empty;
        task.orphaned |= lost;
        // Where nothing was published, or nothing will be, nobody meets a page before those it leads to.
        let first_publish = state.is_none() || job.found == Found::Empty;
        let is_preview = matches!(job.request.mode, Mode::Preview { .. });
        if job.request.sweep || all {
            task.plan = Plan::Everything;
        }
        let caught_up = match &state {
            Some(state) if !job.request.sitemaps_later => {
                job.catches_up(state, &before, &mut task.plan).await?
            }
            _ => BTreeSet::new(),
        };
        let distrust = match &state {
            Some(state) if job.request.place.local => restarted(state, !job.request.is_preview()).await?,
            _ => lost,
        };
        if distrust {
            task.plan = Plan::Everything;
        }
        let mut run = self.run(job, state);
        run.distrust = distrust;
        run.unknown = task.unfinished.slots;
        let no_page = EntityKey::new(Kind::Absent, 0).page();
        let left = task.unfinished.paths.into_iter();
        run.vacated = left.map(|(path, edition)| (path, ((no_page, edition), None))).collect();
        run.progress.expected = expected(&task.plan, loaded.index.product_seqs().count(), run.editions.len());
        let mut first = Vec::new();
        if !first_publish && !is_preview {
            first = first_units(&task.changes, &task.plan, loaded);
            if task.plan == Plan::Everything {
                first.extend(due_units(&task.changes, loaded));
            }
        }
        Ok(pass(task.plan, first, loaded, run, &job.request, caught_up, task.orphaned))
    }

    /// A run of a job, with nothing done yet.
    pub(super) fn run(&self, job: &Job, state: Option<State>) -> Run {
        let sites = self.loaded.as_ref().map(|loaded| loaded.sites.as_slice()).unwrap_or_default();
        let chosen = sites.iter().filter(|site| job.selected.contains(&site.edition.country));
        Run {
            editions: chosen.map(|site| (site.number, site.edition.country)).collect(),
            alive: sites.iter().map(|site| site.number).collect(),
            releases: job.releases.clone(),
            invalidates: job.request.place.invalidates,
            progress: Progress { started_at: job.to.as_of.ms(), ..Progress::default() },
            ..Run::new(state, job.request.place.objects().clone(), job.opening())
        }
    }
}

impl Job {
    /// Adds the sitemaps to a plan that were put off; answers those that nobody owes when it is done.
    async fn catches_up(
        &self,
        state: &State,
        before: &BTreeMap<Country, Built>,
        plan: &mut Plan,
    ) -> Result<BTreeSet<EntityKey>, BuildError> {
        let late = state.late().await?;
        if let Plan::Some { entities, .. } = plan {
            entities.extend(late.iter().copied());
        }
        // What others still owe stays noted.
        Ok(if self.covers(before) { late } else { BTreeSet::new() })
    }

    /// What its releases begin with.
    pub(super) fn opening(&self) -> Opening {
        Opening {
            revision: self.to.revision,
            as_of: self.to.as_of,
            reason: self.request.reason,
            now: self.to.as_of,
            trace: self.request.trace.clone(),
        }
    }

    /// Adds what a pass has done to the whole.
    pub(super) fn collect(&mut self, run: &Run) {
        self.tally.add(&run.tally);
        self.releases.extend(run.releases.iter().map(|(country, release)| (*country, *release)));
    }

    /// The unit to be done next, with the number of its pass; `None` when the last pass has none left.
    ///
    /// What came last is done first, except that no page may lead to one that an older pass has yet to put for the
    /// first time.
    pub(super) fn next(&mut self) -> Option<(usize, Unit)> {
        let leads_nowhere_yet =
            |pass: &Pass| matches!(pass.units.front(), Some(Unit::Assets | Unit::First(_)));
        let last = self.passes.len().checked_sub(1)?;
        let at = self.passes.iter().rposition(leads_nowhere_yet).unwrap_or(last);
        Some((at, self.passes[at].units.pop_front()?))
    }

    /// Pages that an interrupted publish may have written, and that are not compared yet.
    pub(super) fn in_doubt(&self) -> BTreeSet<PageKey> {
        let below = self.passes.last().into_iter();
        below.flat_map(|pass| pass.run.unknown.iter().map(|(page, _)| *page)).collect()
    }

    /// Takes the last pass, which is done, into the one it lay upon; answers whether there is one.
    pub(super) fn join(&mut self) -> bool {
        if self.passes.len() < 2 {
            return false;
        }
        let Some(done) = self.passes.pop() else { return false };
        self.collect(&done.run);
        if let Some(below) = self.passes.last_mut() {
            below.run.takes_in(&done.run);
            below.late.extend(done.late);
        }
        true
    }

    pub(super) fn releases(&self) -> BTreeMap<Country, i64> {
        let mut all = self.releases.clone();
        for pass in &self.passes {
            all.extend(&pass.run.releases);
        }
        all
    }
}

pub(super) fn pass(
    plan: Plan,
    first: Vec<Unit>,
    loaded: &crate::build::load::Loaded,
    run: Run,
    request: &JobRequest,
    caught_up: BTreeSet<EntityKey>,
    orphaned: bool,
) -> Pass {
    // A sweep does them all; what is left to list by single changes can wait.
    let sitemaps = !request.sitemaps_later || plan == Plan::Everything;
    let late = match &plan {
        Plan::Some { entities, .. } if !sitemaps => {
            entities.iter().copied().filter(|entity| entity.kind() == Some(Kind::Sitemap)).collect()
        }
        _ => BTreeSet::new(),
    };
    let units = units(&plan, first, loaded, sitemaps, orphaned);
    Pass { plan, units, run, orphaned, records: Records::default(), late, caught_up }
}

/// About how many pages a plan looks at.
fn expected(plan: &Plan, products: usize, editions: usize) -> u64 {
    let entities = match plan {
        Plan::Everything => products,
        Plan::Some { entities, listings, .. } => entities.len() + listings.len(),
    };
    (entities * editions) as u64
}

/// Whether this machine was started anew since it last wrote the target. What was written before may be lost then,
/// files and ledger each in its own order, because neither waits for the disk.
async fn restarted(state: &State, note: bool) -> Result<bool, BuildError> {
    let Ok(machine) = std::fs::read_to_string("/proc/sys/kernel/random/boot_id") else { return Ok(false) };
    let machine = machine.trim();
    let known = state.machine();
    if known == Some(machine) {
        return Ok(false);
    }
    if note {
        state.set_machine(machine).await?;
    }
    Ok(known.is_some())
}
