//! One slot: one publish at a time.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;
use vitrine_core::{Country, Reason, RenderRequest, StoreId};
use vitrine_generator::{
    BuildError, BuildReport, Demands, Generator, Job, JobRequest, Lease, Step, note_trouble, rehearsal,
};
use vitrine_queue::{Delivery, QueueError};
use vitrine_telemetry::{TraceContext, record};

use super::Consumer;
use super::coalesce::{Group, coalesce, more_urgent};
use super::forgotten::forgotten;
use crate::WorkerError;

/// After the queue or the database failed.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a slot waits for a message before it does what was put off.
pub(super) const IDLE: Duration = Duration::from_secs(2);
/// How often it looks for what others have put off and were killed before they did it.
const RECHECK: Duration = Duration::from_secs(60);
/// How often a publish looks for something more urgent, ms.
const LOOK_EVERY_MS: i64 = 200;
/// How often a slot looks for what no message reminds of.
const LOOK_FOR_FORGOTTEN: Duration = Duration::from_secs(15);
/// Longest wait before a message is tried again.
pub(super) const LONGEST_RETRY: Duration = Duration::from_secs(300);

/// What became of a message.
pub(super) enum Answer {
    Done,
    /// The process stops: somebody else should go on.
    PutBack,
    /// This program is too old for it: a newer one should go on.
    LeftToNewer,
    Retry(String),
    Dead(String),
}

pub(super) struct Slot {
    pub(super) consumer: Consumer,
    name: String,
    leases: u64,
    stop: watch::Receiver<bool>,
    /// Storefronts to look at before this slot is done: what a message reminds of, and what it leased itself. Others
    /// are done with a message of what is leased, and whoever holds the lease looks again.
    reminded: BTreeSet<(StoreId, Country)>,
}

impl Slot {
    pub(super) fn new(consumer: Consumer, number: usize, stop: watch::Receiver<bool>) -> Self {
        let name = format!("{}/{number}", consumer.name);
        Self { consumer, name, leases: 0, stop, reminded: BTreeSet::new() }
    }

    pub(super) async fn run(mut self) {
        let mut look = tokio::time::interval(LOOK_FOR_FORGOTTEN);
        let mut recheck = tokio::time::interval_at(tokio::time::Instant::now() + RECHECK, RECHECK);
        while !*self.stop.borrow() {
            let mut stop = self.stop.clone();
            let queue = self.consumer.queue.clone();
            let received = tokio::select! {
                received = queue.receive() => received,
                _ = stop.changed() => continue,
                _ = look.tick() => {
                    self.remember().await;
                    continue;
                }
                _ = recheck.tick() => {
                    self.catch_up().await;
                    continue;
                }
                () = tokio::time::sleep(IDLE), if self.consumer.owed.is_owed() => {
                    self.catch_up().await;
                    continue;
                }
            };
            match received {
                Ok(delivery) => self.answer(delivery).await,
                Err(error) => {
                    tracing::warn!(%error, "the queue can't be read");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn answer(&mut self, delivery: Delivery) {
        let attempt = delivery.attempt;
        let answer = match RenderRequest::decode(&delivery.message.body) {
            Ok(request) => self.handle(&request.store, request.country).await,
            Err(error) => Answer::Dead(error.to_string()),
        };
        rehearsal::step("before answer");
        let is_too_old = matches!(answer, Answer::LeftToNewer);
        let done: Result<(), QueueError> = match answer {
            Answer::Done => delivery.ack().await,
            Answer::PutBack | Answer::LeftToNewer => delivery.put_back().await,
            Answer::Retry(why) => delivery.retry_after(backoff(attempt), &why).await.map(|_| ()),
            Answer::Dead(why) => delivery.dead_letter(&why).await,
        };
        if let Err(error) = done {
            // It comes back by itself, and then finds its demand answered.
            tracing::warn!(%error, "a message could not be answered");
        }
        if is_too_old {
            // So that it is not this slot that receives it again.
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Publishes what is asked for and no message reminds of.
    async fn remember(&mut self) {
        match forgotten(&self.consumer.db, self.consumer.clock.now()).await {
            Ok(all) => {
                for (store, country) in all {
                    // What failed has said so, and is looked at again later.
                    self.handle(&store, country).await;
                }
            }
            Err(error) => tracing::warn!(%error, "what is asked for can't be read"),
        }
    }

    /// Publishes until nothing is asked for any more of a country, and of those published with it.
    async fn handle(&mut self, store: &StoreId, country: Country) -> Answer {
        self.reminded.insert((store.clone(), country));
        self.end().await
    }

    /// Looks again at all that this slot has leased.
    pub(super) async fn end(&mut self) -> Answer {
        let answer = self.settle().await;
        self.reminded.clear();
        answer
    }

    /// Publishes until nothing is asked for any more of what this slot is reminded of.
    async fn settle(&mut self) -> Answer {
        while let Some((store, country)) = self.reminded.first().cloned() {
            match self.once(&store, country).await {
                Ok(true) if *self.stop.borrow() => return Answer::PutBack,
                Ok(true) => {}
                Ok(false) => drop(self.reminded.remove(&(store, country))),
                Err(WorkerError::Build(BuildError::LeaseLost)) => {
                    record::lease_lost(&store, country);
                    return Answer::Retry("the lease was lost".to_owned());
                }
                Err(WorkerError::Build(error @ BuildError::NewerEpoch { .. })) => {
                    // While programs are exchanged, one of the newer ones takes it.
                    tracing::warn!(%error, %store, %country, "left to a newer program");
                    return Answer::LeftToNewer;
                }
                Err(error) => {
                    tracing::error!(%error, %store, %country, "not published");
                    return match is_transient(&error) {
                        true => Answer::Retry(error.to_string()),
                        false => Answer::Dead(error.to_string()),
                    };
                }
            }
        }
        Answer::Done
    }

    /// One publish; answers whether there was one.
    async fn once(&mut self, store: &StoreId, country: Country) -> Result<bool, WorkerError> {
        let mut open = Demands::open(&self.consumer.db, store).await?;
        let is_open = |country| open.iter().any(|demand| demand.country == country);
        self.reminded.retain(|(of, country)| of != store || is_open(*country));
        let fails = |country| self.consumer.failing.contains(store, country);
        let is_alone = fails(country);
        open.retain(|demand| demand.country == country || !(is_alone || fails(demand.country)));
        let shops = self.consumer.shops.clone();
        let Some(group) = coalesce(&open, country, |country| shops.place_number(store, country)) else {
            return Ok(false);
        };
        let Some((lease, group)) = self.lease(store, group).await? else {
            // Whoever publishes it now looks again when it is done.
            return Ok(false);
        };
        match self.publish(store, &group, lease, true).await {
            Err(WorkerError::Build(error)) if group.countries.len() > 1 && !error.is_transient() => {
                self.apart(store, &group, country).await?;
                Ok(true)
            }
            done => done.map(|()| true),
        }
    }

    pub(super) async fn lease(
        &mut self,
        store: &StoreId,
        group: Group,
    ) -> Result<Option<(Lease, Group)>, WorkerError> {
        self.leases += 1;
        let owner = format!("{}/{}", self.name, self.leases);
        let clock = self.consumer.clock.clone();
        let lease = Lease::take(&self.consumer.db, store, &group.countries, &owner, clock).await?;
        if let Some(lease) = &lease {
            rehearsal::step("lease taken");
            self.reminded.extend(lease.countries().iter().map(|country| (store.clone(), *country)));
        }
        Ok(lease.map(|lease| {
            let group = group.within(lease.countries());
            (lease, group)
        }))
    }

    /// Publishes the countries of a group one by one, so that those in which nothing is wrong go on. Answers how it
    /// went with one of them: the others have messages of their own.
    async fn apart(&mut self, store: &StoreId, group: &Group, reminded: Country) -> Result<(), WorkerError> {
        let mut outcome = Ok(());
        for one in group.apart() {
            let Some((lease, one)) = self.lease(store, one).await? else { continue };
            let done = self.publish(store, &one, lease, true).await;
            if one.countries.contains(&reminded) {
                outcome = done;
            } else if let Err(error) = done {
                tracing::error!(%error, %store, countries = ?one.countries, "not published");
                self.reminded.retain(|(of, country)| of != store || !one.countries.contains(country));
            }
        }
        outcome
    }

    /// Publishes a group; what fails is noted with its countries.
    pub(super) async fn publish(
        &mut self,
        store: &StoreId,
        group: &Group,
        lease: Lease,
        may_pause: bool,
    ) -> Result<(), WorkerError> {
        let generators = self.consumer.generators.clone();
        let mut generator = match generators.take(store) {
            Some(generator) => generator,
            None => self.consumer.shops.generator(store).await?,
        };
        let done = Box::pin(self.steps(store, group, &lease, &mut generator, may_pause)).await;
        generators.rest(store, generator);
        match &done {
            Ok(()) => self.consumer.failing.remove(store, &group.countries),
            Err(error) if is_transient(error) || group.countries.len() > 1 => {}
            Err(_) => self.consumer.failing.insert(store, &group.countries),
        }
        if let Err(error) = &done {
            lease.end().await?;
            if !matches!(error, WorkerError::Build(BuildError::LeaseLost)) {
                self.trouble(store, group, error).await?;
            }
        }
        done
    }

    /// Notes that a publish failed.
    async fn trouble(&self, store: &StoreId, group: &Group, error: &WorkerError) -> Result<(), WorkerError> {
        self.consumer.shops.ended(&group.ended(store, Err(error)));
        let now = self.consumer.clock.now();
        Ok(note_trouble(&self.consumer.db, store, &group.countries, &error.to_string(), now).await?)
    }

    async fn steps(
        &mut self,
        store: &StoreId,
        group: &Group,
        lease: &Lease,
        generator: &mut Generator,
        may_pause: bool,
    ) -> Result<(), WorkerError> {
        let shops = self.consumer.shops.clone();
        let Some(any) = group.countries.first() else { return Ok(()) };
        let trace = TraceContext::continued(group.trace.as_deref());
        let place = shops.place(store, *any).await?;
        shops.prepare(generator);
        let now = self.consumer.clock.now();
        let mut job = generator
            .start(JobRequest {
                countries: group.countries.clone(),
                renditions: shops.renditions(),
                reason: group.reason,
                sweep: group.sweep,
                sitemaps_later: !group.sweep && group.reason != Reason::Scheduled,
                lease: Some(lease.clone()),
                trace: group.trace.clone(),
                answers: group.answers.clone(),
                ..JobRequest::new(place, now)
            })
            .await?;
        let mut looked = now.ms();
        let report = loop {
            if let Step::Done(report) = generator.step(&mut job).await? {
                break report;
            }
            if *self.stop.borrow() {
                lease.end().await?;
                return Ok(());
            }
            let now = self.consumer.clock.now();
            if may_pause && now.ms() - looked >= LOOK_EVERY_MS {
                looked = now.ms();
                self.let_pass(store, group, generator, &mut job).await?;
            }
        };
        tracing::info!(
            trace_id = %trace.trace_id(), %store, countries = ?group.countries, reason = %group.reason,
            revision = report.revision.0, written = report.written, removed = report.removed, "published"
        );
        self.tell(store, group, &report);
        shops.ended(&group.ended(store, Ok(&report)));
        Ok(())
    }

    /// Lets something more urgent pass: of the job's own countries it is taken in, of others it is published now.
    async fn let_pass(
        &mut self,
        store: &StoreId,
        group: &Group,
        generator: &mut Generator,
        job: &mut Job,
    ) -> Result<(), WorkerError> {
        let open = Demands::open(&self.consumer.db, store).await?;
        let Some(urgent) = more_urgent(&open, group.reason.priority()) else { return Ok(()) };
        if job.countries().contains(&urgent.country) {
            let ours: Vec<(Country, i64)> = open
                .iter()
                .filter(|demand| job.countries().contains(&demand.country))
                .map(|demand| (demand.country, demand.asked))
                .collect();
            generator.absorb(job, self.consumer.clock.now()).await?;
            job.answer(&ours);
            return Ok(());
        }
        let shops = self.consumer.shops.clone();
        let next = coalesce(&open, urgent.country, |country| shops.place_number(store, country));
        let Some(next) = next else { return Ok(()) };
        let Some((lease, next)) = self.lease(store, next).await? else { return Ok(()) };
        let done = Box::pin(self.steps(store, &next, &lease, generator, false)).await;
        if let Err(error) = done {
            // Its own message tries again; this publish goes on.
            lease.end().await?;
            self.trouble(store, &next, &error).await?;
        }
        Ok(())
    }

    fn tell(&mut self, store: &StoreId, group: &Group, report: &BuildReport) {
        let now = self.consumer.clock.now();
        for (country, counts) in &report.by_country {
            let pages = record::Pages {
                rendered: counts.rendered,
                skipped: counts.pages.saturating_sub(counts.rendered),
                uploaded: counts.written,
                bytes: counts.bytes,
            };
            record::pages(store, *country, pages);
            if report.releases.contains_key(country) {
                record::release(store, *country, record::Release::Publish);
            }
            if let Some(since) = group.since.get(country) {
                let took = u64::try_from(now.ms() - since.ms()).unwrap_or_default();
                record::live(store, *country, group.reason, Duration::from_millis(took));
            }
        }
        if !group.sweep && group.reason != Reason::Scheduled {
            self.consumer.owed.note(now);
        }
    }
}

/// Whether the same may succeed later.
fn is_transient(error: &WorkerError) -> bool {
    match error {
        WorkerError::Build(error) => error.is_transient(),
        _ => true,
    }
}

/// Doubles from a second on.
fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.saturating_sub(1).min(9)).min(LONGEST_RETRY)
}
