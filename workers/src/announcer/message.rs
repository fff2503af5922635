//! An event as JSON, by `docs/events.schema.json`.

use serde::Serialize;
use serde_json::value::RawValue;
use vitrine_queue::Announcement;

use super::rows::Row;
use crate::WorkerError;

/// The version of the schema.
const VERSION: u8 = 1;

/// What stands around what an event says.
#[derive(Serialize)]
struct Message<'a> {
    v: u8,
    id: &'a str,
    store: &'a str,
    event: &'a str,
    entity: &'a str,
    version: i64,
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'a str>,
    data: &'a RawValue,
}

/// An event as it is announced.
pub(super) fn announcement(row: &Row) -> Result<Announcement, WorkerError> {
    let message = Message {
        v: VERSION,
        id: &row.id,
        store: row.store.as_str(),
        event: &row.kind,
        entity: &row.entity,
        version: row.version,
        at: row.at.ms(),
        trace: row.trace.as_deref(),
        data: serde_json::from_str(&row.payload)?,
    };
    Ok(Announcement {
        id: row.id.clone(),
        store: row.store.clone(),
        kind: row.kind.clone(),
        at: row.at,
        trace: row.trace.clone(),
        body: serde_json::to_vec(&message)?,
    })
}
