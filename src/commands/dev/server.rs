//! The dev server's routes: the site's pages, its pictures, and the line to the browser.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower::ServiceExt;
use tower_http::compression::CompressionLayer;
use vitrine_api::PlainHttp;
use vitrine_mail::Folder;

use super::headers::{self, Kind};
use super::letters;
use super::media::Pictures;
use super::reload::{self, Reload};
use super::site::{Question, Routing, Site, respond};

/// What is being served.
pub(crate) struct Served {
    /// The folder that builds write.
    pub(crate) root: PathBuf,
    /// Its tables after the last build.
    routing: RwLock<Arc<Routing>>,
    /// Pictures that are not in the folder yet.
    pub(crate) pictures: Pictures,
    /// Letters that were written.
    pub(crate) letters: Folder,
    /// Open windows.
    pub(crate) reload: Reload,
    /// Carts and orders, on the pages' own origin.
    api: OnceLock<Router>,
}

/// What the API answers, not the pages.
const OF_API: [&str; 2] = ["/api/", "/test-payment/"];

impl Served {
    /// Nothing is built yet. `run` tells this start of the server from others.
    pub(crate) fn new(root: PathBuf, pictures: Pictures, letters: Folder, run: i64) -> Self {
        Self {
            root,
            routing: RwLock::default(),
            pictures,
            letters,
            reload: Reload::new(run.to_string()),
            api: OnceLock::new(),
        }
    }

    /// The tables after the last build.
    pub(crate) fn routing(&self) -> Arc<Routing> {
        self.routing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the tables of a new build.
    pub(crate) fn set_routing(&self, routing: Routing) {
        *self.routing.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routing);
    }

    /// Takes the API; only the first one counts.
    pub(crate) fn set_api(&self, api: Router) {
        let _ = self.api.set(api);
    }

    /// The API, if it is the one to answer.
    fn api_for(&self, path: &str) -> Option<Router> {
        OF_API.iter().any(|prefix| path.starts_with(prefix)).then(|| self.api.get().cloned()).flatten()
    }

    fn respond(&self, method: &Method, uri: &Uri, known: Option<&str>) -> Response<Vec<u8>> {
        if let Some(response) = self.pictures.respond(method, uri.path()) {
            return response;
        }
        let (routing, script) = (self.routing(), self.reload.script());
        let site = Site { root: &self.root, routing: &routing, script: &script };
        respond(&site, &Question { method, path: uri.path(), query: uri.query(), known })
    }
}

/// All routes, compressed for those who ask for it.
pub(crate) fn router(served: Arc<Served>) -> Router {
    Router::new()
        .route("/__vitrine/events", get(events))
        .route("/__vitrine/reload.js", get(client))
        .route(letters::ADDRESS, get(letters::list))
        .route("/__vitrine/mail/{id}/{form}", get(letters::show))
        .route("/healthz", get("ok\n"))
        .fallback(page)
        .layer(CompressionLayer::new())
        .with_state(served)
}

async fn page(State(served): State<Arc<Served>>, mut request: Request) -> Response {
    if let Some(api) = served.api_for(request.uri().path()) {
        // A dev server has no certificate: cookies for https only would get lost.
        request.extensions_mut().insert(PlainHttp);
        return api.oneshot(request).await.into_response();
    }
    let (Parts { method, uri, headers, .. }, _) = request.into_parts();
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    // Files are read on a thread that may wait.
    let answer = tokio::task::spawn_blocking(move || served.respond(&method, &uri, known.as_deref())).await;
    answer.map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), |answer| answer.map(Body::from))
}

async fn events(State(served): State<Arc<Served>>) -> impl IntoResponse {
    Sse::new(served.reload.events()).keep_alive(KeepAlive::default())
}

async fn client() -> Response {
    let mut response = reload::CLIENT.into_response();
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(Kind::Script.content_type()));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static(headers::NO_STORE));
    headers::secure(fields);
    response
}
