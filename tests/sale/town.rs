//! A shop with its database and the processes that sell from it.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use vitrine_cart::Carts;
use vitrine_checkout::{Checkout, PaymentMethod, PaymentMethods};
use vitrine_core::{Clock, StoreId, SystemClock};
use vitrine_db::Db;
use vitrine_delivery::Deliveries;
use vitrine_payment::{Capture, Payments, TestProvider};
use vitrine_promotion::Promotions;

use crate::buyer::Client;
use crate::program::Program;
use crate::services::Postgres;
use crate::shop::Shop;
use crate::until;

/// The demo shop's rules of promotion depend on the day: these do not.
const PROMOTIONS: &str = r#"
[[promotions]]
id = "ten-codes"
labels = { de = "Zehnmal", en = "Ten times" }
by_code = true
combines_with = ["delivery"]
action.percent = { off = "10", of = { skus = ["SOFT-160200"] } }
limits = { total = 10 }

[[promotions]]
id = "ten-by-itself"
labels = { de = "Die ersten zehn", en = "The first ten" }
combines_with = ["delivery"]
action.percent = { off = "20", of = { skus = ["SOFT-140200"] } }
limits = { total = 10 }

[[promotions]]
id = "once-each"
labels = { de = "Einmal", en = "Once" }
by_code = true
combines_with = ["delivery"]
action.percent = { off = "50", of = { skus = ["SOFT-180200"] } }
limits = { per_customer = 1 }

[[coupons]]
code = "TENCODES"
promotion = "ten-codes"

[[coupons]]
code = "ONCEEACH"
promotion = "once-each"
"#;

/// What is not named is not counted, and there as long as its price is.
const STOCK: &str = r#"
[[locations]]
id = "berlin"
name = "Berlin"
priority = 1

[stock.berlin]
ARC-M = 10
ARC-F = 10
CLOUD-160200-M = 10
DRIFT-4080-W = 15
SHEET-160200-W = 10000
SHEET-160200-M = 10000
LINEN-160200 = 1
"#;

/// How long recovery has for a round before the next process is started: it only sets the pace.
const LOOKS: usize = 60;
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(crate) struct Town {
    pub(crate) shop: Shop,
    pub(crate) db: Db,
    /// The processes that sell, each at a port of its own.
    pub(crate) apis: Vec<Api>,
    /// The server, where it is the test's own.
    pub(crate) postgres: Option<Postgres>,
}

/// A process that sells; killed when the test ends.
pub(crate) struct Api {
    pub(crate) program: Program,
    pub(crate) client: Client,
}

impl Town {
    /// On SQLite; nothing is imported yet.
    pub(crate) async fn sqlite() -> Self {
        let shop = shop();
        let db = Db::open_file(&shop.path(".vitrine/vitrine.db")).await.unwrap();
        Self { shop, db, apis: Vec::new(), postgres: None }
    }

    /// On PostgreSQL; nothing is imported yet.
    pub(crate) async fn postgres() -> Self {
        let postgres = Postgres::start();
        let mut shop = shop();
        shop.set("VITRINE_DATABASE_URL", postgres.url());
        let db = Db::open(&postgres.url()).await.unwrap();
        Self { shop, db, apis: Vec::new(), postgres: Some(postgres) }
    }

    pub(crate) fn store(&self) -> StoreId {
        StoreId::try_new("nimbus").unwrap()
    }

    /// Imports the content folder.
    pub(crate) fn import(&self) {
        self.said(&["import"]);
    }

    /// What a command says that finds nothing wrong.
    pub(crate) fn said(&self, arguments: &[&str]) -> String {
        let said = self.shop.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {} {}\n{}", said.out, said.err, self.log());
        said.out
    }

    /// Starts so many processes that sell.
    pub(crate) async fn open(&mut self, count: usize) {
        for _ in 0..count {
            let api = self.api(&[]).await;
            self.apis.push(api);
        }
    }

    /// Starts one that sells, with settings of its own.
    pub(crate) async fn api(&self, variables: &[(&str, &str)]) -> Api {
        let api = self.start(variables);
        api.client.is_up().await;
        api
    }

    /// Starts one that may be gone before it sells.
    pub(crate) fn start(&self, variables: &[(&str, &str)]) -> Api {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let mut all = vec![("VITRINE_API_PORT", port.as_str())];
        all.extend(variables);
        let program = Program::start_with(&self.shop, "api", &all);
        Api { program, client: Client::new(&format!("http://127.0.0.1:{port}")) }
    }

    /// The client of one process after the other.
    pub(crate) fn client(&self, number: usize) -> &Client {
        &self.apis[number % self.apis.len()].client
    }

    /// Runs statements in one transaction.
    pub(crate) async fn sql(&self, statements: &[&str]) {
        let mut tx = self.db.begin().await.unwrap();
        for text in statements {
            vitrine_db::sql((*text).to_owned()).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// How many rows a query finds.
    pub(crate) async fn count(&self, query: &str) -> usize {
        vitrine_db::sql(query.to_owned()).fetch_all(self.db.reader()).await.unwrap().len()
    }

    /// Lets so much time pass for payments, that recovery looks at all of them again.
    pub(crate) async fn time_passes(&self) {
        self.sql(&[
            "UPDATE payment_attempt SET looked_at = looked_at - 300000, created_at = created_at - 300000",
            "UPDATE payment_refund SET looked_at = looked_at - 300000",
            "UPDATE checkout_task SET looked_at = looked_at - 300000",
        ])
        .await;
    }

    /// Has recovery drive everything to its end.
    pub(crate) async fn settles(&self) {
        const OPEN: [&str; 4] = [
            "SELECT id FROM order_order WHERE state = 'pending_payment'",
            "SELECT id FROM payment_attempt WHERE state IN ('created', 'pending', 'requires_action', 'unknown')",
            "SELECT id FROM payment_refund WHERE state IN ('created', 'pending', 'unknown')",
            "SELECT attempt FROM checkout_task",
        ];
        let open = async || {
            let mut open = 0;
            for query in OPEN {
                open += self.count(query).await;
            }
            open
        };
        until("everything has come to its end", async || {
            if open().await == 0 {
                return true;
            }
            // Recovery looks when a process starts.
            self.time_passes().await;
            let api = self.api(&[]).await;
            for _ in 0..LOOKS {
                tokio::time::sleep(LOOK_EVERY).await;
                if open().await == 0 {
                    break;
                }
            }
            api.program.ends().await;
            false
        })
        .await;
    }

    /// The checkout's door on the same database.
    pub(crate) fn checkout(&self) -> Checkout {
        let (db, clock): (_, Arc<dyn Clock>) = (self.db.clone(), Arc::new(SystemClock));
        let provider = TestProvider::new(db.clone(), clock.clone(), "unused".to_owned().into());
        let payments = Payments::new(db.clone(), clock.clone(), vec![Arc::new(provider)]);
        let (provider, capture) = ("test".to_owned(), Capture::Automatic);
        let card = PaymentMethod { provider, capture, hold_ms: PaymentMethod::CARD_HOLD_MS };
        let methods = PaymentMethods::from([("card".to_owned(), card)]);
        let promotions = Promotions::new(db.clone(), clock.clone());
        let deliveries = Deliveries::new(db.clone(), clock.clone());
        let carts = Carts::new(db.clone(), clock.clone(), promotions.clone(), deliveries.clone());
        Checkout::new(db, clock, carts, promotions, deliveries, payments, methods)
    }

    /// The last that the processes said.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.shop.path("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

/// What went before a failure is in what the programs said.
impl Drop for Town {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.log());
        }
    }
}

/// The demo shop with rules and stock of the tests' own, and processes that let one client ask as often as it likes.
fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.write("content/commerce/promotions.toml", PROMOTIONS);
    shop.write("content/commerce/stock.toml", STOCK);
    shop.set("VITRINE_API_RATE", "10000000");
    shop.set("VITRINE_LOG_LEVEL", "warn");
    shop
}

/// Runs a test on SQLite with one process, and on PostgreSQL with three.
pub(crate) async fn each(body: impl AsyncFn(&mut Town)) {
    for (mut town, processes) in [(Town::sqlite().await, 1), (Town::postgres().await, 3)] {
        town.import();
        town.open(processes).await;
        body(&mut town).await;
    }
}

/// Runs all at once, and answers in their order.
pub(crate) async fn at_once<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}
