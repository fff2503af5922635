//! Who did what.

use axum::Json;
use axum::extract::State;
use vitrine_access::{AuditQuery, Audited};

use crate::admin::{Asked, Page};
use crate::auth::Auditor;
use crate::document::{Limit, Refused};
use crate::{Api, Problem};

/// What was done, the latest first, page by page.
#[utoipa::path(
    get, path = "/api/v1/admin/audit", tag = "admin", operation_id = "list_audit",
    security(("token" = ["audit"])),
    params(
        ("entity" = Option<String>, Query, description = "Only what was done to this: `CLOUD-80@berlin`."),
        ("action" = Option<String>, Query, description = "Only this kind of deed: `price_set`."),
        ("token" = Option<String>, Query, description = "Only by the token of this id."),
        ("before" = Option<i64>, Query, description = "Where the page begins, as `next` says."),
        Limit,
    ),
    responses(
        (status = 200, description = "A page of the log.", body = Page<Audited>),
        Refused<(Auditor, Asked)>,
    )
)]
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
