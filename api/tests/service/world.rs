//! A service on a free port, whose clock and doors are ours.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vitrine_access::{Access, NewToken};
use vitrine_api::{Api, Doors, Limits, Shopfront, Status, StatusSource, serve, serve_probes};
use vitrine_core::{Clock, FixedClock, Timestamp};
use vitrine_db::{Db, Module, Outbox, OutboxClaim};
use vitrine_intake::{FetchPolicy, Intake, Secrets, Settings, sign};
use vitrine_store::Stores;
use vitrine_telemetry::Metrics;

use crate::{described, shop};

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);
/// Longest wait for what takes milliseconds on a quiet machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) static MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_content::MODULE,
    &vitrine_access::MODULE,
    &vitrine_intake::MODULE,
];

pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) access: Access,
    pub(crate) intake: Intake,
    pub(crate) address: std::net::SocketAddr,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    _folder: TempDir,
}

/// How a world differs from the usual one.
pub(crate) struct Setup {
    pub(crate) limits: Limits,
    pub(crate) status: Option<StatusSource>,
    pub(crate) proxies: Vec<String>,
    pub(crate) origins: Vec<String>,
    /// The shop that shoppers buy in.
    pub(crate) shop: Option<Shopfront>,
    /// Serve nothing but probes.
    pub(crate) only_probes: bool,
}

impl Default for Setup {
    fn default() -> Self {
        let limits = Limits { status_every: Duration::from_millis(20), ..Limits::default() };
        Self { limits, status: None, proxies: vec![], origins: vec![], shop: None, only_probes: false }
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code, if it is a problem that keeps to the form.
    pub(crate) fn code(&self) -> String {
        let body = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(body["status"], self.status, "{self:?}");
        assert_eq!(body["request_id"], self.header("x-request-id"), "{self:?}");
        let code = body["code"].as_str().unwrap().to_owned();
        assert_eq!(body["type"], format!("urn:vitrine:problem:{code}"));
        assert!(body["title"].is_string(), "{self:?}");
        code
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("test.db")).await.unwrap();
        db.migrate(MODULES).await.unwrap();
        Self::on(db, folder, setup).await
    }

    /// A service on a database that has all its tables.
    pub(crate) async fn on(db: Db, folder: TempDir, setup: Setup) -> Self {
        for id in ["tiny", "other"] {
            shop::open(&db, id).await;
        }
        let clock = Arc::new(FixedClock::new(NOW));
        let access = Access::new(db.clone(), clock.clone());
        let secrets = ["tiny", "other"].map(|id| {
            (shop::store(id), Secrets::try_new(vec![secret(id), secret(&id.to_uppercase())]).unwrap())
        });
        let settings = Settings {
            secrets: BTreeMap::from(secrets),
            fetch: FetchPolicy::new(&[], vec!["127.0.0.1/32".parse().unwrap()]),
            spool: folder.path().join("intake"),
        };
        let intake = Intake::new(db.clone(), clock.clone(), settings);
        let doors = Doors {
            db: db.clone(),
            modules: MODULES,
            clock: clock.clone(),
            access: access.clone(),
            intake: intake.clone(),
            shop: setup.shop,
            status: setup.status.unwrap_or_else(|| revisions(db.clone())),
            metrics: Some(metrics()),
            limits: setup.limits,
            origins: setup.origins.iter().map(|origin| origin.parse().unwrap()).collect(),
            proxies: setup.proxies.iter().map(|network| network.parse().unwrap()).collect(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        let api = Api::new(doors);
        let server = match setup.only_probes {
            true => tokio::spawn(serve_probes(listener, api, stopped)),
            false => tokio::spawn(serve(listener, api, stopped)),
        };
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).build().unwrap();
        Self { db, clock, access, intake, address, client, stop: Some(stop), server, _folder: folder }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        let request = self.request(Method::GET, path);
        answer(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
    }

    /// Posts a publish wish.
    pub(crate) async fn publish(&self, token: &str, body: &str) -> Answer {
        answer(self.publish_request(token, body)).await
    }

    pub(crate) fn publish_request(&self, token: &str, body: &str) -> RequestBuilder {
        let request = self.request(Method::POST, "/api/v1/admin/publish").bearer_auth(token);
        request.header("content-type", "application/json").body(body.to_owned())
    }

    /// Posts a delivery, signed now.
    pub(crate) async fn deliver(&self, store: &str, body: &str) -> Answer {
        self.deliver_signed(store, Some(&sign(&secret(store), self.clock.now(), body.as_bytes())), body).await
    }

    pub(crate) async fn deliver_signed(&self, store: &str, signature: Option<&str>, body: &str) -> Answer {
        let request = self.request(Method::POST, &format!("/api/v1/hooks/{store}")).body(body.to_owned());
        answer(match signature {
            Some(signature) => request.header("vitrine-signature", signature),
            None => request,
        })
        .await
    }

    /// A token of the store `tiny` for a day.
    pub(crate) async fn token(&self, scopes: &str) -> String {
        self.token_of("tiny", scopes).await
    }

    pub(crate) async fn token_of(&self, store: &str, scopes: &str) -> String {
        let new = NewToken { name: "test".into(), scopes: scopes.parse().unwrap(), life_ms: 86_400_000 };
        self.access.create(&shop::store(store), &new).await.unwrap().text.reveal()
    }

    /// Asks the service to stop.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until it has.
    pub(crate) async fn stopped(self) {
        tokio::time::timeout(PATIENCE, self.server).await.expect("the service stops").unwrap();
    }

    /// Store, payload and trace of all events that somebody asked for.
    pub(crate) async fn wishes(&self) -> Vec<(String, String, Option<String>)> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await.unwrap();
        let claim = OutboxClaim { owner: "test", now, until: now.plus_ms(1), limit: 100 };
        let events = Outbox::claim_in(&mut tx, &claim).await.unwrap();
        tx.rollback().await.unwrap();
        let wishes = events.into_iter().filter(|event| event.kind == Stores::REQUESTED);
        wishes.map(|event| (event.store.to_string(), event.payload, event.trace)).collect()
    }
}

/// Sends a request, and holds the answer against the document of the API.
pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let (method, path) = (request.method().to_string(), request.url().path().to_owned());
    let response = client.execute(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let answer = Answer { status, headers, text: response.text().await.unwrap() };
    described::check(&method, &path, &answer);
    answer
}

/// A store's secret, which its name tells from others.
pub(crate) fn secret(store: &str) -> String {
    format!("{store:-<40}")
}

/// A status that shows the store's revision and nothing else.
fn revisions(db: Db) -> StatusSource {
    Arc::new(move |store| {
        let db = db.clone();
        Box::pin(async move {
            let revision = match Stores::revision(&db, &store).await {
                Ok(revision) => revision,
                Err(vitrine_store::Error::Unknown(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            Ok(Some(Status { store, revision, countries: vec![] }))
        })
    })
}

/// A process has one registry.
fn metrics() -> Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| Metrics::install().unwrap()).clone()
}
