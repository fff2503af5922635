//! One slot: one publish at a time.

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
use crate::WorkerError;

/// After the queue or the database failed.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a slot waits for a message before it does what was put off.
pub(super) const IDLE: Duration = Duration::from_secs(2);
/// And for what others have put off and were killed before they did it.
const RECHECK: Duration = Duration::from_secs(60);
/// How often a publish looks for something more urgent, ms.
const LOOK_EVERY_MS: i64 = 200;
/// Longest wait before a message is tried again.
const LONGEST_RETRY: Duration = Duration::from_secs(300);

/// What became of a message.
enum Answer {
    Done,
    /// The process stops: somebody else should go on.
    PutBack,
    Retry(String),
    Dead(String),
}

pub(super) struct Slot {
    pub(super) consumer: Consumer,
    name: String,
    leases: u64,
    stop: watch::Receiver<bool>,
}

impl Slot {
    pub(super) fn new(consumer: Consumer, number: usize, stop: watch::Receiver<bool>) -> Self {
        let name = format!("{}/{number}", consumer.name);
        Self { consumer, name, leases: 0, stop }
    }

    pub(super) async fn run(mut self) {
        while !*self.stop.borrow() {
            let mut stop = self.stop.clone();
            let queue = self.consumer.queue.clone();
            let received = tokio::select! {
                received = queue.receive() => Some(received),
                _ = stop.changed() => None,
                () = tokio::time::sleep(if self.consumer.owed.is_owed() { IDLE } else { RECHECK }) => None,
            };
            match received {
                Some(Ok(delivery)) => self.answer(delivery).await,
                Some(Err(error)) => {
                    tracing::warn!(%error, "the queue can't be read");
                    tokio::time::sleep(PAUSE).await;
                }
                None if !*self.stop.borrow() => self.catch_up().await,
                None => {}
            }
        }
    }

    async fn answer(&mut self, delivery: Delivery) {
        let attempt = delivery.attempt;
        let answer = match RenderRequest::decode(&delivery.message.body) {
            Ok(request) => self.handle(&request).await,
            Err(error) => Answer::Dead(error.to_string()),
        };
        rehearsal::step("before answer");
        let done: Result<(), QueueError> = match answer {
            Answer::Done => delivery.ack().await,
            Answer::PutBack => delivery.put_back().await,
            Answer::Retry(why) => delivery.retry_after(backoff(attempt), &why).await.map(|_| ()),
            Answer::Dead(why) => delivery.dead_letter(&why).await,
        };
        if let Err(error) = done {
            // It comes back by itself, and then finds its demand answered.
            tracing::warn!(%error, "a message could not be answered");
        }
    }

    /// Publishes until nothing is asked for any more of the country that the message reminds of.
    async fn handle(&mut self, request: &RenderRequest) -> Answer {
        loop {
            match self.once(request).await {
                Ok(true) if *self.stop.borrow() => return Answer::PutBack,
                Ok(true) => {}
                Ok(false) => return Answer::Done,
                Err(WorkerError::Build(BuildError::LeaseLost)) => {
                    record::lease_lost(&request.store, request.country);
                    return Answer::Retry("the lease was lost".to_owned());
                }
                Err(error) => {
                    tracing::error!(%error, store = %request.store, country = %request.country, "not published");
                    return match is_transient(&error) {
                        true => Answer::Retry(error.to_string()),
                        false => Answer::Dead(error.to_string()),
                    };
                }
            }
        }
    }

    /// One publish; answers whether there was one.
    async fn once(&mut self, request: &RenderRequest) -> Result<bool, WorkerError> {
        let store = &request.store;
        let open = Demands::open(&self.consumer.db, store).await?;
        let shops = self.consumer.shops.clone();
        let Some(group) = coalesce(&open, request.country, |country| shops.place_number(store, country))
        else {
            return Ok(false);
        };
        let Some((lease, group)) = self.lease(store, group).await? else {
            // Whoever publishes it now looks again when it is done.
            return Ok(false);
        };
        match self.publish(store, &group, lease, true).await {
            Err(WorkerError::Build(error)) if group.countries.len() > 1 && !error.is_transient() => {
                self.apart(store, &group).await?;
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
        if lease.is_some() {
            rehearsal::step("lease taken");
        }
        Ok(lease.map(|lease| {
            let group = group.within(lease.countries());
            (lease, group)
        }))
    }

    /// Publishes the countries of a group one by one, so that those in which nothing is wrong go on.
    async fn apart(&mut self, store: &StoreId, group: &Group) -> Result<(), WorkerError> {
        let mut first = None;
        for one in group.apart() {
            let Some((lease, one)) = self.lease(store, one).await? else { continue };
            if let Err(error) = self.publish(store, &one, lease, true).await {
                tracing::error!(%error, %store, countries = ?one.countries, "not published");
                first = first.or(Some(error));
            }
        }
        first.map_or(Ok(()), Err)
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
        if let Err(error) = &done {
            lease.end().await?;
            if !matches!(error, WorkerError::Build(BuildError::LeaseLost)) {
                let now = self.consumer.clock.now();
                note_trouble(&self.consumer.db, store, &group.countries, &error.to_string(), now).await?;
            }
        }
        done
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
        let now = self.consumer.clock.now();
        let mut job = generator
            .start(JobRequest {
                countries: group.countries.clone(),
                renditions: shops.renditions(),
                reason: group.reason,
                sweep: group.sweep,
                sitemaps_later: !group.sweep && group.reason != Reason::Scheduled,
                lease: Some(lease.clone()),
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
            let now = self.consumer.clock.now();
            note_trouble(&self.consumer.db, store, &next.countries, &error.to_string(), now).await?;
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
