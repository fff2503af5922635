//! Whether requests should come here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use vitrine_db::DbError;

use crate::{Api, Code, Problem};

/// Longest time the database may take to answer. The pool itself would wait longer than a probe does.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was found out for good.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    /// Every table is there; tables are never taken away.
    migrated: AtomicBool,
}

/// Whether the database answers with all its tables, and the service is not being stopped.
///
/// # Errors
/// [`Code::NotReady`], which says what is missing.
pub(crate) async fn check(api: &Api) -> Result<(), Problem> {
    let not_ready = |why: &str| Problem::new(Code::NotReady).detail(why).retry_after(1);
    if *api.stopping().borrow() {
        return Err(not_ready("the service is being stopped"));
    }
    match tokio::time::timeout(PATIENCE, missing(api)).await {
        Ok(Ok(missing)) if missing.is_empty() => Ok(()),
        Ok(Ok(missing)) => Err(not_ready(&format!("migrations are missing: {}", missing.join(", ")))),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            Err(not_ready("the database does not answer"))
        }
        Err(_) => Err(not_ready("the database does not answer in time")),
    }
}

async fn missing(api: &Api) -> Result<Vec<String>, DbError> {
    let doors = &api.doors;
    if api.ready.migrated.load(Ordering::Relaxed) {
        doors.db.ping().await?;
        return Ok(Vec::new());
    }
    let missing = doors.db.missing_steps(doors.modules).await?;
    api.ready.migrated.store(missing.is_empty(), Ordering::Relaxed);
    Ok(missing)
}
