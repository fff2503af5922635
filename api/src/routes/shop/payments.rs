//! Webhooks of payment providers.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use serde::Serialize;
use utoipa::ToSchema;
use vitrine_payment::{Webhook, signature_header};

use crate::document::{Refused, refuses};
use crate::extract::whole;
use crate::{Api, Code, Problem};

/// What a provider is answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Received {
    /// Whether it was about a payment of this store.
    used: bool,
}

refuses! {
    /// What keeps a provider from being believed.
    Hearing: NotFound, HookUnknown, WebhookRefused, BodyIncomplete, BodyTimeout, BodyTooLarge;
}

/// What a provider says of a payment. Anything but 2xx is sent again.
#[utoipa::path(
    post, path = "/api/v1/hooks/payments/{provider}", tag = "hooks", operation_id = "hear_provider",
    params(
        ("provider" = String, Path, description = "Name of the provider, `stripe`."),
        ("Stripe-Signature" = Option<String>, Header, description = "Stripe's signature over the body."),
        ("Vitrine-Test-Signature" = Option<String>, Header, description = "The test provider's signature."),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream",
        description = "The event, byte by byte as it was signed."),
    responses((status = 200, description = "It was heard.", body = Received), Refused<(Hearing,)>)
)]
pub(super) async fn receive(
    State(api): State<Api>,
    provider: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<Received>, Problem> {
    let front = api.shop().ok_or_else(|| Problem::new(Code::NotFound))?;
    let unknown = || Problem::new(Code::HookUnknown);
    let Path(provider) = provider.map_err(|_| unknown())?;
    let header = signature_header(&provider).ok_or_else(unknown)?;
    let signature = request.headers().get(header).and_then(|text| text.to_str().ok()).map(str::to_owned);
    // An unsigned megabyte need not even be read.
    if signature.is_none() {
        return Err(Problem::new(Code::WebhookRefused).detail(format!("the header {header} is missing")));
    }
    let bytes = whole(request, api.doors.limits.hook_bytes, &api).await?;
    let webhook = Webhook { signature: signature.as_deref(), body: &bytes, now: front.clock.now() };
    let used =
        front.checkout.webhook(&front.store, &provider, &webhook).await.map_err(|error| match error {
            vitrine_checkout::Error::Payment(vitrine_payment::Error::NoProvider(_)) => unknown(),
            error => error.into(),
        })?;
    Ok(Json(Received { used }))
}
