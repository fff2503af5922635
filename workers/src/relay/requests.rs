//! What events ask for, as demands and messages.

use std::collections::BTreeMap;

use vitrine_core::{Country, RenderRequest, Revision, StoreId, Timestamp};
use vitrine_db::{Event, Outbox, Tx};
use vitrine_generator::{Ask, Demands};
use vitrine_inventory::Inventory;
use vitrine_queue::Message;
use vitrine_store::{Asked, Stores};
use vitrine_telemetry::{TraceContext, traced_span};

use super::stock::{self, Changed};
use crate::{WorkerError, announcer};

/// Beginnings of the kinds of events that are for others: they owe letters and are announced.
const FOR_OTHERS: [&str; 3] = ["order_", "payment_", "stock_"];

/// Events whose demands are written, with the messages to send for them, and events that are done.
#[derive(Debug, Default)]
pub(super) struct Handed {
    pub(super) events: Vec<Event>,
    pub(super) messages: Vec<Message>,
    /// Events that ask for no message.
    pub(super) done: Vec<Event>,
    /// How many events were put off.
    pub(super) failed: usize,
    /// How many events were marked as published.
    pub(super) published: u64,
}

/// A storefront.
type Front = (StoreId, Country);

/// Writes the demands of claimed events, sorted by entity and version.
///
/// An event that can't be read is put off with those that come after it in its entity, and only with those.
pub(super) async fn hand_over_in(
    tx: &mut Tx,
    owner: &str,
    events: Vec<Event>,
    announces: bool,
    now: Timestamp,
) -> Result<Handed, WorkerError> {
    let mut handed = Handed::default();
    let mut requests = BTreeMap::new();
    let mut stores: BTreeMap<StoreId, Vec<Country>> = BTreeMap::new();
    let mut blocked: Option<Event> = None;
    let mut changed = Changed::new();
    for event in events {
        if blocked.as_ref().is_some_and(|first| is_same_entity(first, &event)) {
            handed.failed += 1;
            continue;
        }
        let found = match read(&event, &mut changed) {
            Ok(None) => for_others_in(tx, &event, announces, now).await?.map(|()| None),
            found => found,
        };
        let asked = match found {
            Ok(None) => {
                handed.done.push(event);
                continue;
            }
            Ok(Some(asked)) => asked,
            Err(why) => {
                let retry_at = Outbox::failed_in(tx, owner, &event, &why, now).await?;
                tracing::warn!(store = %event.store, event = event.id, why, %retry_at, "an event can't be relayed");
                handed.failed += 1;
                blocked = Some(event);
                continue;
            }
        };
        if !stores.contains_key(&event.store) {
            let countries = Stores::countries_in(tx, &event.store).await?;
            stores.insert(event.store.clone(), countries);
        }
        let countries = stores.get(&event.store).map(Vec::as_slice).unwrap_or_default();
        ask_in(tx, &event, &asked, countries, &mut requests).await?;
        handed.events.push(event);
    }
    stock::show_in(tx, &changed, now).await?;
    handed.messages = requests.into_values().map(message).collect::<Result<_, _>>()?;
    Ok(handed)
}

fn is_same_entity(a: &Event, b: &Event) -> bool {
    (&a.store, &a.kind, &a.entity) == (&b.store, &b.kind, &b.entity)
}

/// What an event asks to be published; `None` where it asks for something else.
fn read(event: &Event, changed: &mut Changed) -> Result<Option<Asked>, String> {
    match event.kind.as_str() {
        Stores::REVISED | Stores::REQUESTED => {
            Asked::parse(&event.payload).map(Some).map_err(|error| error.to_string())
        }
        Inventory::STATE_CHANGED => stock::note(changed, event).map(|()| None),
        kind if FOR_OTHERS.iter().any(|beginning| kind.starts_with(beginning)) => Ok(None),
        kind => Err(format!("this program knows no event of kind '{kind}'")),
    }
}

/// Writes down what others get of an event; answers why it can't be read, if it can't.
async fn for_others_in(
    tx: &mut Tx,
    event: &Event,
    announces: bool,
    now: Timestamp,
) -> Result<Result<(), String>, WorkerError> {
    match vitrine_letters::owe_in(tx, event, now).await {
        Ok(_) => {}
        Err(error) if error.is_of_the_event() => return Ok(Err(error.to_string())),
        Err(error) => return Err(error.into()),
    }
    if announces {
        announcer::push_in(tx, event).await?;
    }
    Ok(Ok(()))
}

/// Writes the demands of one event and notes the requests that remind of them.
async fn ask_in(
    tx: &mut Tx,
    event: &Event,
    asked: &Asked,
    of_the_store: &[Country],
    requests: &mut BTreeMap<Front, RenderRequest>,
) -> Result<(), WorkerError> {
    let is_asked = |country: &&Country| asked.countries.is_empty() || asked.countries.contains(country);
    let countries = of_the_store.iter().filter(is_asked).copied().collect();
    let Some(reason) = asked.reason() else { return Ok(()) };
    let revision = match event.kind.as_str() {
        Stores::REVISED => Revision(event.version),
        _ if of_the_store.is_empty() => return Ok(()),
        _ => Stores::revision_in(tx, &event.store).await?,
    };
    let trace = TraceContext::continued(event.trace.as_deref());
    traced_span!(trace, "relay", store = %event.store, event = event.id, %reason)
        .in_scope(|| tracing::debug!(?countries, "relayed"));
    let trace = trace.traceparent();
    let ask = Ask {
        store: &event.store,
        countries: &countries,
        revision,
        reason,
        sweep: asked.sweep,
        at: event.at,
        trace: Some(&trace),
    };
    Demands::ask_in(tx, &ask).await?;
    for country in countries {
        let id = format!("{}/{country}", event.id);
        let mut request = RenderRequest::new(id, event.store.clone(), country, reason, revision, event.at);
        request.trace = Some(trace.clone());
        requests
            .entry((event.store.clone(), country))
            .and_modify(|earlier| coalesce(earlier, &request))
            .or_insert(request);
    }
    Ok(())
}

/// Makes one request of two for the same storefront: the later one, as urgent and as old as either.
fn coalesce(earlier: &mut RenderRequest, later: &RenderRequest) {
    let reason = match later.reason.priority() > earlier.reason.priority() {
        true => later.reason,
        false => earlier.reason,
    };
    let mut both = later.clone();
    both.reason = reason;
    both.revision = later.revision.max(earlier.revision);
    both.requested_at = later.requested_at.min(earlier.requested_at);
    *earlier = both;
}

fn message(request: RenderRequest) -> Result<Message, WorkerError> {
    let body = request.encode()?;
    let message = Message::new(request.id, request.store, request.reason.priority(), body);
    Ok(message.with_trace(request.trace))
}

#[cfg(test)]
mod tests {
    use vitrine_core::Reason;

    use super::*;

    fn request(id: &str, reason: Reason, revision: i64, at: i64) -> RenderRequest {
        let (store, country) = (StoreId::try_new("a").unwrap(), Country::try_new("DE").unwrap());
        RenderRequest::new(id, store, country, reason, Revision(revision), Timestamp::from_ms(at))
    }

    #[test]
    fn two_requests_are_the_later_one_as_urgent_and_as_old_as_either() {
        let mut one = request("r1/DE", Reason::CatalogChanged, 1, 10);
        coalesce(&mut one, &request("r2/DE", Reason::Scheduled, 2, 20));
        assert_eq!(one, request("r2/DE", Reason::CatalogChanged, 2, 10));
        coalesce(&mut one, &request("m/DE", Reason::Manual, 1, 30));
        assert_eq!(one, request("m/DE", Reason::Manual, 2, 10));
    }

    #[test]
    fn a_message_carries_priority_and_trace() {
        let mut traced = request("r1/DE", Reason::Manual, 1, 1);
        traced.trace = Some("00-1".to_owned());
        let message = message(traced.clone()).unwrap();
        assert_eq!((message.id.as_str(), message.priority), ("r1/DE", Reason::Manual.priority()));
        assert_eq!(message.trace, traced.trace);
        assert_eq!(RenderRequest::decode(&message.body).unwrap(), traced);
    }
}
