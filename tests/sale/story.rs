//! The story of a sale: the last piece is bought, and the page that everybody sees says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde_json::json;
use vitrine_order::{NewShipment, OrderState, Units};

use crate::buyer::Buyer;
use crate::program::Program;
use crate::services::Broker;
use crate::town::Town;
use crate::{ledger, until};

/// What is bought, its product's page, and its own.
const LAST: &str = "LINEN-160200";
const PRODUCT: &str = "/de/p/polsterbett-leinen/";
const PAGE: &str = "/de/p/polsterbett-leinen/linen-160200/";
/// Beside the size among those that can be chosen, and where it is chosen.
const MARKED: &str = "(Ausverkauft)";
const SOLD_OUT: &str = "Zurzeit ausverkauft";

#[tokio::test(flavor = "multi_thread")]
async fn the_last_piece_is_sold_in_one_folder() {
    the_last_piece_is_sold(Town::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_piece_is_sold_with_postgres_and_rabbit() {
    let (mut town, broker) = (Town::postgres().await, Broker::start().await);
    town.shop.set("VITRINE_QUEUE_URL", broker.url());
    the_last_piece_is_sold(town).await;
}

async fn the_last_piece_is_sold(mut town: Town) {
    // All processes are there before the shop is: each begins with what is imported, without being started anew.
    town.open(1).await;
    let worker = Program::start(&town.shop, "worker");
    let api = town.client(0).clone();
    assert_eq!(api.get(&format!("/stock?sku={LAST}")).await.status, 404, "there is no store yet");
    town.import();
    until("the shop sells", async || api.get(&format!("/stock?sku={LAST}")).await.status == 200).await;
    is_live(&town).await;
    let site = Site::serve(town.shop.path(".vitrine/site")).await;
    let page = site.page(PRODUCT).await.unwrap();
    assert!(!page.contains(SOLD_OUT) && !page.contains(MARKED), "there is one");

    let buyer = Buyer::with(&api, "last@shop.example", &[(LAST, 1)]).await;
    let answer = buyer.order(&buyer.total().await, "approve", "the last piece").await.unwrap();
    assert!(answer.is_placed(), "{answer:?}");
    assert_eq!(api.stock(LAST).await, "out");
    let late = json!({ "sku": LAST, "quantity": 1 });
    let late = api.ask(reqwest::Method::POST, "/cart/lines", &[], Some(&late)).await.unwrap();
    assert_eq!((late.status, late.code()), (409, "too_few_left"));
    for (path, words) in [(PAGE, SOLD_OUT), (PRODUCT, MARKED)] {
        until("the page says so", async || site.page(path).await.is_some_and(|page| page.contains(words)))
            .await;
    }

    ship(&town).await;
    let link = format!("/orders/{}", answer.body["access"].as_str().unwrap());
    let order = api.get(&link).await.body;
    assert_eq!(
        (&order["state"], &order["goods"]["shipments"][0]["tracking"]),
        (&json!("shipped"), &json!("T-1"))
    );
    is_live(&town).await;
    worker.ends().await;
    ledger::agrees(&town, "a sale").await;

    // The API is not needed for anything but buying.
    for api in town.apis.drain(..) {
        api.program.ends().await;
    }
    let pages = site.pages();
    assert!(pages.len() > 50, "{}", pages.len());
    for path in pages {
        assert!(site.page(&path).await.is_some(), "{path}");
    }
}

/// Sends the goods of the only order, through the module's door.
async fn ship(town: &Town) {
    let (order, checkout) = (ledger::orders(town).await.remove(0), town.checkout());
    let units = Units::default();
    let shipment = NewShipment { id: "s-1", carrier: "carrier", tracking: "T-1", units: &units };
    let (shipped, is_new) = checkout.ship(&town.store(), &order.id, &shipment, "shop").await.unwrap();
    assert!(is_new && shipped.tracking == "T-1");
    assert_eq!(ledger::orders(town).await.remove(0).state, OrderState::Shipped);
}

/// Waits until everything that was asked for is published.
async fn is_live(town: &Town) {
    until("everything is live", async || {
        let status = town.said(&["status"]);
        status.lines().all(|line| line.contains("up to date") && line.contains("idle"))
    })
    .await;
}

/// A web server of files, as a CDN has them: it knows nothing but the folder.
struct Site {
    root: PathBuf,
    base: String,
}

impl Site {
    async fn serve(root: PathBuf) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(file).with_state(Arc::new(root.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { root, base }
    }

    /// A page, if it is there.
    async fn page(&self, path: &str) -> Option<String> {
        let answer = reqwest::get(format!("{}{path}", self.base)).await.unwrap();
        match answer.status().as_u16() {
            200 => Some(answer.text().await.unwrap()),
            _ => None,
        }
    }

    /// The path of every page.
    fn pages(&self) -> Vec<String> {
        let (mut pages, mut folders) = (Vec::new(), vec![self.root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.ends_with("index.html") {
                    let below = path.parent().unwrap().strip_prefix(&self.root).unwrap();
                    pages.push(format!("/{}/", below.to_str().unwrap()).replace("//", "/"));
                }
            }
        }
        pages
    }
}

async fn file(State(root): State<Arc<PathBuf>>, uri: Uri) -> Result<Vec<u8>, StatusCode> {
    let path = percent_encoding::percent_decode_str(uri.path()).decode_utf8_lossy();
    let mut file = root.join(Path::new(path.trim_start_matches('/')));
    if path.ends_with('/') {
        file.push("index.html");
    }
    fs::read(file).map_err(|_| StatusCode::NOT_FOUND)
}
