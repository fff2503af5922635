//! Who did what.

use axum::Json;
use axum::extract::State;
use vitrine_access::{AuditQuery, Audited};

use crate::admin::{Asked, Page};
use crate::auth::Auditor;
use crate::{Api, Problem};

/// `GET /api/v1/admin/audit`: what was done, the latest first, page by page.
pub(super) async fn list(
    State(api): State<Api>,
    Auditor(by): Auditor,
    mut asked: Asked,
) -> Result<Json<Page<Audited>>, Problem> {
    let query = AuditQuery {
        before: asked.take("before")?,
        entity: asked.take("entity")?,
        token: asked.take("token")?,
        action: asked.take("action")?,
        limit: asked.limit()?,
    };
    asked.end()?;
    let deeds = api.doors.access.audit(&by.store, &query).await?;
    Ok(Json(Page::new(deeds, query.limit, |deed| deed.number.to_string())))
}
