//! Promotions and coupons.

use std::fmt::Display;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use vitrine_access::Deed;
use vitrine_db::Outcome;
use vitrine_pricing::{Code as Word, Coupon, Limited, Promotion, PromotionId};
use vitrine_promotion::Promotions;

use crate::admin::{
    Asked, Asks, CouponAnswer, Page, PromotionAnswer, RemovedAnswer, Switch, Work, promotion_version, tagged,
};
use crate::auth::Promoter;
use crate::document::{IfMatch, Key, Limit, Refused, refuses};
use crate::extract::Body;
use crate::{Api, Code, Problem};

refuses! {
    /// A promotion that is not there.
    Looking: PromotionUnknown;
    /// A coupon that is not there.
    LookingUp: CouponUnknown;
    /// What keeps something from being made or replaced.
    Putting: NotFound, VersionOutdated;
    /// What keeps something from being changed.
    Changing: VersionOutdated;
}

/// All promotions by id, those ended too, page by page.
#[utoipa::path(
    get, path = "/api/v1/admin/promotions", tag = "admin", operation_id = "list_promotions",
    security(("token" = ["promotions"])),
    params(
        ("after" = Option<PromotionId>, Query, description = "Where the page begins, as `next` says."),
        Limit,
    ),
    responses(
        (status = 200, description = "A page of promotions.", body = Page<PromotionAnswer>),
        Refused<(Promoter, Asked)>,
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    Promoter(by): Promoter,
    mut asked: Asked,
) -> Result<Json<Page<PromotionAnswer>>, Problem> {
    let (after, limit) = (asked.take::<PromotionId>("after")?, asked.limit()?);
    asked.end()?;
    let mut found = api.promotions.list(&by.store).await?;
    found.retain(|stored| after.as_ref().is_none_or(|after| stored.rule.id > *after));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let limited: Vec<Limited> =
        found.iter().map(|stored| Limited::Promotion(stored.rule.id.clone())).collect();
    let taken = Promotions::taken_in(&mut *api.doors.db.snapshot().await?, &by.store, &limited).await?;
    let answers = found.into_iter().map(|stored| PromotionAnswer::new(stored, &taken));
    let answers = answers.collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Page::new(answers, limit, PromotionAnswer::place)))
}

/// A promotion, with how often it is used.
#[utoipa::path(
    get, path = "/api/v1/admin/promotions/{promotion}", tag = "admin", operation_id = "read_promotion",
    security(("token" = ["promotions"])),
    params(("promotion" = PromotionId, Path, description = "Id of the promotion.")),
    responses(
        (status = 200, description = "The promotion.", body = PromotionAnswer, headers(
            ("ETag" = String, description = "The version, for `If-Match`.")
        )),
        Refused<(Promoter, Looking)>,
    )
)]
pub(super) async fn read(
    State(api): State<Api>,
    Promoter(by): Promoter,
    path: Result<Path<PromotionId>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = path.map_err(|_| Problem::new(Code::PromotionUnknown))?;
    let mut connection = api.doors.db.snapshot().await?;
    let found = Promotions::get_in(&mut connection, &by.store, &id).await?;
    let found = found.ok_or_else(|| Problem::new(Code::PromotionUnknown))?;
    let taken = Promotions::taken_in(&mut connection, &by.store, &[Limited::Promotion(id)]).await?;
    let answer = PromotionAnswer::new(found, &taken)?;
    Ok(tagged(answer.version(), &answer))
}

/// Makes a promotion, or replaces it.
#[utoipa::path(
    put, path = "/api/v1/admin/promotions/{promotion}", tag = "admin", operation_id = "put_promotion",
    security(("token" = ["promotions"])),
    params(("promotion" = PromotionId, Path, description = "Id of the promotion."), Key, IfMatch),
    request_body = Promotion,
    responses(
        (status = 200, description = "The promotion.", body = PromotionAnswer, headers(
            ("ETag" = String, description = "The version, for `If-Match`."),
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Promoter, Asks, Body<Promotion>, Putting)>,
    )
)]
pub(super) async fn put(
    State(api): State<Api>,
    Promoter(by): Promoter,
    path: Result<Path<PromotionId>, PathRejection>,
    asks: Asks,
    Body(promotion): Body<Promotion>,
) -> Result<Response, Problem> {
    let Path(id) = path?;
    same("id", &id, &promotion.id)?;
    Work::once(&api, by, asks, &promotion, StatusCode::OK, async |work| {
        let before = locked_in(work, &id).await?;
        put_in(work, before, &promotion).await
    })
    .await
}

/// Switches a promotion on or off, or says when it ends.
#[utoipa::path(
    patch, path = "/api/v1/admin/promotions/{promotion}", tag = "admin", operation_id = "switch_promotion",
    security(("token" = ["promotions"])),
    params(("promotion" = PromotionId, Path, description = "Id of the promotion."), Key, IfMatch),
    request_body = Switch,
    responses(
        (status = 200, description = "The promotion.", body = PromotionAnswer, headers(
            ("ETag" = String, description = "The version, for `If-Match`."),
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Promoter, Asks, Body<Switch>, Looking, Changing)>,
    )
)]
pub(super) async fn switch(
    State(api): State<Api>,
    Promoter(by): Promoter,
    path: Result<Path<PromotionId>, PathRejection>,
    asks: Asks,
    Body(switch): Body<Switch>,
) -> Result<Response, Problem> {
    let Path(id) = path.map_err(|_| Problem::new(Code::PromotionUnknown))?;
    Work::once(&api, by, asks, &switch, StatusCode::OK, async |work| {
        let before = locked_in(work, &id).await?.ok_or_else(|| Problem::new(Code::PromotionUnknown))?;
        let after = switch.applied(before.clone())?;
        put_in(work, Some(before), &after).await
    })
    .await
}

/// A promotion as it is; nobody else changes any until the write ends.
async fn locked_in(work: &mut Work, id: &PromotionId) -> Result<Option<Promotion>, Problem> {
    let store = work.store();
    Promotions::lock_in(&mut work.tx, &store).await?;
    Ok(Promotions::get_in(&mut work.tx, &store, id).await?.map(|stored| stored.rule))
}

async fn put_in(
    work: &mut Work,
    before: Option<Promotion>,
    after: &Promotion,
) -> Result<(PromotionAnswer, Vec<Deed>), Problem> {
    work.holds_version(&promotion_version(before.as_ref())?)?;
    let (store, run) = (work.store(), work.run(true));
    let outcomes = Promotions::put_in(&mut work.tx, &store, &run, std::slice::from_ref(after)).await?;
    let stored = Promotions::get_in(&mut work.tx, &store, &after.id).await?;
    let stored = stored.ok_or_else(|| Problem::new(Code::Internal))?;
    let limited = [Limited::Promotion(after.id.clone())];
    let taken = Promotions::taken_in(&mut work.tx, &store, &limited).await?;
    let (was, is) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
    let deed = Deed::new("promotion_put", after.id.as_str(), was, is);
    Ok((PromotionAnswer::new(stored, &taken)?, done(deed, &outcomes)))
}

/// A deed, if something was written.
fn done(deed: Deed, outcomes: &[Outcome]) -> Vec<Deed> {
    if outcomes.iter().any(|outcome| outcome.writes()) { vec![deed] } else { vec![] }
}

/// Refuses a body that is of something else than its address.
fn same<T: PartialEq + Display>(field: &'static str, address: &T, body: &T) -> Result<(), Problem> {
    if address == body {
        return Ok(());
    }
    let why = format!("must be that of the address, `{address}` (found `{body}`)");
    Err(Problem::new(Code::FieldInvalid).field(field).detail(why))
}

/// Coupons by code, of one promotion or of all, page by page.
#[utoipa::path(
    get, path = "/api/v1/admin/coupons", tag = "admin", operation_id = "list_coupons",
    security(("token" = ["promotions"])),
    params(
        ("promotion" = Option<PromotionId>, Query, description = "Only those that open this promotion."),
        ("after" = Option<Word>, Query, description = "Where the page begins, as `next` says."),
        Limit,
    ),
    responses(
        (status = 200, description = "A page of coupons.", body = Page<CouponAnswer>),
        Refused<(Promoter, Asked)>,
    )
)]
pub(super) async fn coupons(
    State(api): State<Api>,
    Promoter(by): Promoter,
    mut asked: Asked,
) -> Result<Json<Page<CouponAnswer>>, Problem> {
    let (promotion, after) = (asked.take::<PromotionId>("promotion")?, asked.take::<Word>("after")?);
    let limit = asked.limit()?;
    asked.end()?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = api.promotions.coupons(&by.store, promotion.as_ref(), after.as_ref(), most).await?;
    let limited: Vec<Limited> =
        found.iter().map(|stored| Limited::Coupon(stored.rule.code.clone())).collect();
    let taken = Promotions::taken_in(&mut *api.doors.db.snapshot().await?, &by.store, &limited).await?;
    let answers = found.into_iter().map(|stored| CouponAnswer::new(stored, &taken));
    let answers = answers.collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Page::new(answers, limit, CouponAnswer::place)))
}

/// A coupon, with how often it is used.
#[utoipa::path(
    get, path = "/api/v1/admin/coupons/{code}", tag = "admin", operation_id = "read_coupon",
    security(("token" = ["promotions"])),
    params(("code" = Word, Path, description = "The code.")),
    responses(
        (status = 200, description = "The coupon.", body = CouponAnswer, headers(
            ("ETag" = String, description = "The version, for `If-Match`.")
        )),
        Refused<(Promoter, LookingUp)>,
    )
)]
pub(super) async fn read_coupon(
    State(api): State<Api>,
    Promoter(by): Promoter,
    path: Result<Path<Word>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(code) = path.map_err(|_| Problem::new(Code::CouponUnknown))?;
    let mut connection = api.doors.db.snapshot().await?;
    let found = Promotions::get_coupon_in(&mut connection, &by.store, &code).await?;
    let found = found.ok_or_else(|| Problem::new(Code::CouponUnknown))?;
    let taken = Promotions::taken_in(&mut connection, &by.store, &[Limited::Coupon(code)]).await?;
    let answer = CouponAnswer::new(found, &taken)?;
    Ok(tagged(answer.version(), &answer))
}

/// Makes a coupon, or replaces it.
#[utoipa::path(
    put, path = "/api/v1/admin/coupons/{code}", tag = "admin", operation_id = "put_coupon",
    security(("token" = ["promotions"])),
    params(("code" = Word, Path, description = "The code."), Key, IfMatch),
    request_body = Coupon,
    responses(
        (status = 200, description = "The coupon.", body = CouponAnswer, headers(
            ("ETag" = String, description = "The version, for `If-Match`."),
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Promoter, Asks, Body<Coupon>, Putting)>,
    )
)]
pub(super) async fn put_coupon(
    State(api): State<Api>,
    Promoter(by): Promoter,
    path: Result<Path<Word>, PathRejection>,
    asks: Asks,
    Body(coupon): Body<Coupon>,
) -> Result<Response, Problem> {
    let Path(code) = path?;
    same("code", &code, &coupon.code)?;
    let put = async |work: &mut Work| put_coupon_in(work, &coupon).await;
    Work::once(&api, by, asks, &coupon, StatusCode::OK, put).await
}

async fn put_coupon_in(work: &mut Work, coupon: &Coupon) -> Result<(CouponAnswer, Vec<Deed>), Problem> {
    let code = &coupon.code;
    let before = unchanged_in(work, code).await?;
    let (store, run) = (work.store(), work.run(true));
    let coupons = std::slice::from_ref(coupon);
    let outcomes = Promotions::put_coupons_in(&mut work.tx, &store, &run, coupons).await?;
    let stored = Promotions::get_coupon_in(&mut work.tx, &store, code).await?;
    let stored = stored.ok_or_else(|| Problem::new(Code::Internal))?;
    let limited = [Limited::Coupon(code.clone())];
    let taken = Promotions::taken_in(&mut work.tx, &store, &limited).await?;
    let (was, is) = (serde_json::to_value(before)?, serde_json::to_value(coupon)?);
    let deed = Deed::new("coupon_put", code.as_str(), was, is);
    Ok((CouponAnswer::new(stored, &taken)?, done(deed, &outcomes)))
}

/// A coupon as the client has seen it; nobody else changes any until the write ends.
async fn unchanged_in(work: &mut Work, code: &Word) -> Result<Option<Coupon>, Problem> {
    let store = work.store();
    Promotions::lock_in(&mut work.tx, &store).await?;
    let found = Promotions::get_coupon_in(&mut work.tx, &store, code).await?.map(|stored| stored.rule);
    work.holds_version(&promotion_version(found.as_ref())?)?;
    Ok(found)
}

/// Takes a code away; orders that used it stand.
#[utoipa::path(
    delete, path = "/api/v1/admin/coupons/{code}", tag = "admin", operation_id = "remove_coupon",
    security(("token" = ["promotions"])),
    params(("code" = Word, Path, description = "The code."), Key, IfMatch),
    responses(
        (status = 200, description = "The code that is gone.", body = RemovedAnswer, headers(
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Promoter, Asks, LookingUp, Changing)>,
    )
)]
pub(super) async fn remove_coupon(
    State(api): State<Api>,
    Promoter(by): Promoter,
    path: Result<Path<Word>, PathRejection>,
    asks: Asks,
) -> Result<Response, Problem> {
    let Path(code) = path.map_err(|_| Problem::new(Code::CouponUnknown))?;
    Work::once(&api, by, asks, &Value::Null, StatusCode::OK, async |work| {
        let before = unchanged_in(work, &code).await?;
        let (store, run) = (work.store(), work.run(true));
        if Promotions::remove_coupon_in(&mut work.tx, &store, &run, &code).await? != Outcome::Removed {
            return Err(Problem::new(Code::CouponUnknown));
        }
        let deed = Deed::new("coupon_removed", code.as_str(), serde_json::to_value(before)?, Value::Null);
        Ok((RemovedAnswer { code }, vec![deed]))
    })
    .await
}
