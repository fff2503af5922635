//! What stands beside a message's bytes: AMQP properties and our headers.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use vitrine_core::{ContentHash, Priority, StoreId, Timestamp};

use crate::{Listed, Message};

pub(super) const STORE: &str = "vitrine-store";
/// How often it was delivered so far.
const ATTEMPTS: &str = "vitrine-attempts";
/// Milliseconds UTC.
const ENQUEUED_AT: &str = "vitrine-enqueued-at";
/// Why the last attempt failed.
const REASON: &str = "vitrine-reason";
/// Milliseconds UTC.
const DEAD_AT: &str = "vitrine-dead-at";
pub(super) const TRACE: &str = "traceparent";
/// What the broker notes of delays; a message that is published anew has none behind it.
const BROKERS: [&str; 2] = ["x-death", "x-first-death-"];

pub(super) const PERSISTENT: u8 = 2;

/// A message as it came.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) message: Message,
    /// How often it was delivered before.
    pub(super) attempts: u32,
    pub(super) enqueued_at: Option<Timestamp>,
}

/// A message that says too little.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) body: Vec<u8>,
    pub(super) reason: &'static str,
}

/// Properties of a message that is published for the first time.
pub(super) fn of_new(message: &Message, now: Timestamp) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert(STORE.into(), text(message.store.as_str()));
    headers.insert(ENQUEUED_AT.into(), AMQPValue::LongLongInt(now.ms()));
    if let Some(trace) = message.valid_trace() {
        headers.insert(TRACE.into(), text(trace));
    }
    let properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_priority(message.priority.level())
        .with_timestamp(u64::try_from(now.ms() / 1_000).unwrap_or_default())
        .with_headers(headers);
    match ShortString::try_new(message.id.as_str()) {
        Ok(id) => properties.with_message_id(id),
        Err(_) => properties,
    }
}

/// Reads what was delivered.
pub(super) fn read(properties: &BasicProperties, body: Vec<u8>) -> Result<Read, Unreadable> {
    let Some(id) = properties.message_id().as_ref().filter(|id| !id.as_str().is_empty()) else {
        return Err(Unreadable { body, reason: "no message of this queue: it has no message id" });
    };
    let Some(store) = store(properties) else {
        return Err(Unreadable { body, reason: "no message of this queue: no header names a store" });
    };
    let message =
        Message::new(id.as_str(), store, priority(properties), body).with_trace(words(properties, TRACE));
    let enqueued_at = number(properties, ENQUEUED_AT).map(Timestamp::from_ms);
    Ok(Read { message, attempts: attempts(properties), enqueued_at })
}

/// Reads what lies in a queue, whatever it is.
pub(super) fn listed(properties: &BasicProperties, body: Vec<u8>) -> Listed {
    Listed {
        id: properties.message_id().as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
        store: store(properties),
        priority: priority(properties),
        body,
        attempt: attempts(properties),
        reason: words(properties, REASON),
        enqueued_at: number(properties, ENQUEUED_AT).map(Timestamp::from_ms),
        until: None,
        dead_at: number(properties, DEAD_AT).map(Timestamp::from_ms),
    }
}

/// Whether it has this id; no id asks for all.
pub(super) fn is(properties: &BasicProperties, id: Option<&str>) -> bool {
    id.is_none_or(|id| properties.message_id().as_ref().is_some_and(|found| found.as_str() == id))
}

/// Properties for another attempt.
pub(super) fn retried(properties: &BasicProperties, attempts: u32, reason: &str) -> BasicProperties {
    let changes = [(ATTEMPTS, Some(AMQPValue::LongLongInt(attempts.into()))), (REASON, Some(text(reason)))];
    changed(properties, changes)
}

/// Properties among the dead.
pub(super) fn buried(
    properties: &BasicProperties,
    attempts: u32,
    reason: &str,
    now: Timestamp,
) -> BasicProperties {
    let dead_at = [(DEAD_AT, Some(AMQPValue::LongLongInt(now.ms())))];
    changed(&retried(properties, attempts, reason), dead_at)
}

/// Properties among the dead of what can't be read; it gets an id by which an operator can call it.
pub(super) fn buried_unread(
    properties: &BasicProperties,
    unreadable: &Unreadable,
    now: Timestamp,
) -> BasicProperties {
    let dead = buried(properties, attempts(properties), unreadable.reason, now);
    if dead.message_id().as_ref().is_some_and(|id| !id.as_str().is_empty()) {
        return dead;
    }
    let hash = ContentHash::of(&unreadable.body).hex();
    let name = format!("unnamed-{}", hash.get(..16).unwrap_or(&hash));
    dead.with_message_id(ShortString::try_new(name).unwrap_or_default())
}

/// Properties of a dead message that is published anew.
pub(super) fn revived(properties: &BasicProperties, now: Timestamp) -> BasicProperties {
    let enqueued_at = Some(AMQPValue::LongLongInt(now.ms()));
    changed(properties, [(ATTEMPTS, None), (REASON, None), (DEAD_AT, None), (ENQUEUED_AT, enqueued_at)])
}

/// The same with other headers, and without what the broker noted.
fn changed<const N: usize>(
    properties: &BasicProperties,
    changes: [(&str, Option<AMQPValue>); N],
) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in properties.headers().iter().flatten() {
        let by_broker = BROKERS.iter().any(|prefix| name.as_str().starts_with(prefix));
        if !by_broker && changes.iter().all(|(changed, _)| name.as_str() != *changed) {
            headers.insert(name.clone(), value.clone());
        }
    }
    for (name, value) in changes {
        if let Some(value) = value {
            headers.insert(name.into(), value);
        }
    }
    properties.clone().with_delivery_mode(PERSISTENT).with_headers(headers)
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(text))
}

fn header<'a>(properties: &'a BasicProperties, name: &str) -> Option<&'a AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

fn words(properties: &BasicProperties, name: &str) -> Option<String> {
    match header(properties, name)? {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        AMQPValue::ShortString(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

/// A whole number, however wide it was sent.
fn number(properties: &BasicProperties, name: &str) -> Option<i64> {
    Some(match *header(properties, name)? {
        AMQPValue::ShortShortInt(n) => n.into(),
        AMQPValue::ShortShortUInt(n) => n.into(),
        AMQPValue::ShortInt(n) => n.into(),
        AMQPValue::ShortUInt(n) => n.into(),
        AMQPValue::LongInt(n) => n.into(),
        AMQPValue::LongUInt(n) => n.into(),
        AMQPValue::LongLongInt(n) => n,
        _ => return None,
    })
}

fn attempts(properties: &BasicProperties) -> u32 {
    let attempts = number(properties, ATTEMPTS).unwrap_or_default();
    u32::try_from(attempts.max(0)).unwrap_or(u32::MAX)
}

fn store(properties: &BasicProperties) -> Option<StoreId> {
    StoreId::try_new(&words(properties, STORE)?).ok()
}

fn priority(properties: &BasicProperties) -> Priority {
    Priority::from_level(properties.priority().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_123);

    fn new() -> BasicProperties {
        let store = StoreId::try_new("rest").unwrap();
        let message = Message::new("e-1", store, Priority::CATALOG_CHANGED, *b"{}");
        of_new(&message.with_trace(Some("00-a-b-01".to_owned())), NOW)
    }

    #[test]
    fn a_message_comes_as_it_was_sent() {
        let read = read(&new(), b"{}".to_vec()).unwrap();
        assert_eq!((read.message.id.as_str(), read.message.store.as_str()), ("e-1", "rest"));
        assert_eq!((read.message.priority, read.attempts), (Priority::CATALOG_CHANGED, 0));
        assert_eq!((read.message.trace.as_deref(), read.enqueued_at), (Some("00-a-b-01"), Some(NOW)));
        assert_eq!(*new().delivery_mode(), Some(PERSISTENT));
    }

    #[test]
    fn failures_are_noted_and_what_the_broker_noted_is_left_out() {
        let mut headers = new().headers().clone().unwrap();
        headers.insert("x-death".into(), AMQPValue::Boolean(true));
        headers.insert("x-first-death-queue".into(), text("q"));
        headers.insert("x-mine".into(), text("kept"));
        let dead = buried(&new().with_headers(headers), 3, "why", NOW);
        let names: Vec<_> = dead.headers().iter().flatten().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"x-mine") && names.iter().all(|name| !name.contains("death")), "{names:?}");
        let seen = listed(&dead, Vec::new());
        assert_eq!((seen.attempt, seen.reason.as_deref(), seen.dead_at), (3, Some("why"), Some(NOW)));

        let later = NOW.plus_ms(5);
        let seen = listed(&revived(&dead, later), Vec::new());
        assert_eq!((seen.attempt, seen.reason, seen.dead_at), (0, None, None));
        assert_eq!((seen.enqueued_at, seen.priority), (Some(later), Priority::CATALOG_CHANGED));
    }

    #[test]
    fn numbers_are_read_however_wide_and_nonsense_is_none() {
        let with = |value| {
            let mut headers = FieldTable::default();
            headers.insert(ATTEMPTS.into(), value);
            attempts(&BasicProperties::default().with_headers(headers))
        };
        assert_eq!(with(AMQPValue::ShortShortUInt(2)), 2);
        assert_eq!(with(AMQPValue::LongInt(2)), 2);
        assert_eq!(with(AMQPValue::LongLongInt(i64::MAX)), u32::MAX);
        assert_eq!(with(AMQPValue::LongLongInt(-1)), 0);
        assert_eq!(with(AMQPValue::LongString("2".into())), 0);
    }
}
