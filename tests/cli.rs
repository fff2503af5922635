//! The program as a person meets it: what it says, how it ends, what its server answers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests measure how long they wait")]

mod edge;
mod shop;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::shop::{Said, Shop};

/// Longest wait for something that takes well under a second on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// One line, no backtrace, exit code 2.
fn assert_refused(said: &Said, parts: &[&str]) {
    assert_eq!(said.code, 2, "{} {}", said.out, said.err);
    assert_eq!(said.err.trim().lines().count(), 1, "{}", said.err);
    for part in parts {
        assert!(said.err.contains(part), "{} has no '{part}'", said.err);
    }
}

#[test]
fn a_wrong_setting_stops_start_up() {
    let shop = Shop::new();
    shop.write("vitrine.toml", "port = \"eighty\"\n");
    assert_refused(&shop.run(&["check"]), &["vitrine.toml: port is \"eighty\"", "a number from 0 to 65535"]);
}

#[test]
fn a_port_in_use_is_named() {
    let shop = Shop::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_refused(&shop.run(&["dev", "--port", &port]), &[&format!("port {port} is in use"), "--port"]);
}

#[test]
fn a_state_folder_that_cannot_be_written_is_named() {
    let shop = Shop::new();
    let said = shop.run(&["build", "--out", "out", "--state", "content/store.toml/state"]);
    assert_refused(&said, &["content/store.toml/state", "--state DIR"]);
}

#[test]
fn a_missing_content_folder_is_named() {
    let shop = Shop::new();
    for command in [&["dev"][..], &["check"], &["build", "--out", "out"], &["import"]] {
        let said = shop.run(&[command, &["--content", "elsewhere"]].concat());
        assert_refused(&said, &["no content folder at elsewhere", "--content DIR"]);
    }
}

#[test]
fn an_out_folder_with_other_files_is_left_alone() {
    let shop = Shop::new();
    std::fs::create_dir(shop.path("thesis")).unwrap();
    shop.write("thesis/chapter.html", "years of work");
    let said = shop.run(&["build", "--out", "thesis"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("thesis"), "{}", said.err);
    assert_eq!(shop.read("thesis/chapter.html"), "years of work");
}

#[test]
fn the_shipped_content_has_no_errors() {
    let shop = Shop::new();
    let said = shop.run(&["check"]);
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(said.out.starts_with("checked ") && said.out.ends_with("files: no errors\n"), "{}", said.out);
}

#[test]
fn check_names_the_place_of_a_mistake() {
    let shop = Shop::new();
    shop.edit("content/products/cloud/product.toml", "type = ", "colr = \"red\"\ntype = ");
    let said = shop.run(&["check"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("content/products/cloud/product.toml:1:1: unknown key 'colr'"), "{}", said.out);
    let said = shop.run(&["check", "--json"]);
    let answer: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(said.code, 1);
    assert_eq!(answer["findings"][0]["line"], 1);
    assert!(answer["errors"].as_u64() >= Some(1));
}

#[test]
fn a_second_build_writes_nothing_and_a_change_only_what_it_touches() {
    let shop = Shop::new();
    let build = |time: &str| {
        let said = shop.run(&["build", "--out", "out", "--json", "--now", time]);
        assert_eq!(said.code, 0, "{}", said.err);
        serde_json::from_str::<Value>(&said.out).unwrap()
    };
    let first = build("2026-11-20T12:00:00Z");
    assert!(first["written"].as_u64() > Some(100), "{first}");
    assert_eq!(first["as_of"], "2026-11-20T12:00:00Z");
    let second = build("2026-11-20T12:00:00Z");
    assert_eq!((&second["changed"], &second["bytes"]), (&Value::from(0), &Value::from(0)), "{second}");
    assert_eq!(first["revision"], second["revision"]);

    shop.edit("content/products/cloud/de.md", "\n+++\n", "\n+++\nNeuer erster Satz. ");
    let third = build("2026-11-20T12:00:00Z");
    assert!(third["changed"].as_u64() > Some(0) && third["changed"].as_u64() < Some(30), "{third}");
}

#[test]
fn a_promotions_price_is_on_page_and_card_for_as_long_as_it_lasts() {
    let shop = Shop::new();
    shop.write(
        "content/commerce/promotions.toml",
        r#"
[[promotions]]
id = "one-day"
labels = { de = "Ein Tag", en = "One day" }
countries = ["DE"]
starts_at = "2026-11-21T00:00:00+01:00"
ends_at = "2026-11-22T00:00:00+01:00"
combines_with = ["delivery"]
action.percent = { off = "10", of = { skus = ["ARC-M", "ARC-F"] } }
"#,
    );
    let pages = ["out/de/p/arc-nackenstuetzkissen/index.html", "out/de/c/kissen/index.html"];
    let reduced = |time: &str| {
        let said = shop.run(&["build", "--out", "out", "--now", time]);
        assert_eq!(said.code, 0, "{}", said.err);
        pages.map(|page| {
            let page = shop.read(page);
            assert!(page.contains("79,00"), "the stated price is there in any case");
            (page.contains("<strong>71,10"), page.contains("<s>79,00"))
        })
    };
    assert_eq!(reduced("2026-11-20T12:00:00Z"), [(false, false); 2], "not yet");
    assert_eq!(reduced("2026-11-21T12:00:00Z"), [(true, true); 2]);
    let elsewhere = shop.read("out/gb/p/arc-contour-pillow/index.html");
    assert!(elsewhere.contains("69.00") && !elsewhere.contains("62.10"), "not in other countries");
    assert_eq!(reduced("2026-11-22T12:00:00Z"), [(false, false); 2], "it is over");
}

#[test]
fn a_build_of_one_country_has_no_other() {
    let shop = Shop::new();
    let said = shop.run(&["build", "--out", "out", "--country", "gb"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(shop.path("out/gb/index.html").exists() && !shop.path("out/de/index.html").exists());
    let said = shop.run(&["build", "--out", "other", "--country", "IT"]);
    assert_refused(&said, &["IT", "AE, AT, CH, DE, FR, GB, JP, NL, PL, SE, US"]);
}

#[test]
fn a_build_with_a_wrong_item_takes_the_rest_and_says_so() {
    let shop = Shop::new();
    shop.edit("content/products/cloud/product.toml", "type = ", "colr = \"red\"\ntype = ");
    let said = shop.run(&["build", "--out", "out"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("product.toml:1:1: unknown key 'colr'"), "{}", said.err);
    assert!(shop.path("out/de/index.html").exists());
}

#[test]
fn an_import_is_repeatable_and_an_export_is_the_same_shop() {
    let shop = Shop::new();
    assert_eq!(shop.run(&["import"]).code, 0);
    let again = shop.run(&["import", "content"]);
    assert_eq!(again.code, 0);
    assert!(again.out.starts_with("0 added, 0 changed, 0 removed"), "{}", again.out);
    let exported = shop.run(&["export", "copy"]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    assert_eq!(shop.run(&["check", "--content", "copy"]).code, 0);
    let back = shop.run(&["import", "copy"]);
    assert!(back.out.starts_with("0 added, 0 changed, 0 removed"), "{}", back.out);
}

#[test]
fn a_feed_leaves_what_belongs_to_the_files_alone() {
    let shop = Shop::new();
    assert_eq!(shop.run(&["import"]).code, 0);
    let feed = r#"{"feed":"vitrine-catalog","version":1,"store":"nimbus","mode":"delta"}
{"remove_product":"cloud"}
{"end":{"products":0}}
"#;
    let said = shop.run_with(&["import", "-"], feed);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("conflict: product 'cloud'") && said.err.contains("--force"), "{}", said.err);
    let said = shop.run_with(&["import", "-", "--force", "--json"], feed);
    assert_eq!(said.code, 0, "{}", said.err);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["counts"]["product"]["removed"], 1, "{report}");
}

#[test]
fn an_audit_says_nothing_until_something_does_not_add_up() {
    let shop = Shop::new();
    let audit = |code: i32, json: &[&str]| {
        let said = shop.run(&[&["audit"], json].concat());
        assert_eq!((said.code, said.err.as_str()), (code, ""), "{}", said.out);
        said.out
    };
    assert_eq!(audit(0, &[]), "", "there is no store yet");
    assert_eq!(shop.run(&["import"]).code, 0);
    assert_eq!(audit(0, &[]), "");
    assert_eq!(audit(0, &["--json"]), "{\"found\":[]}\n");

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = vitrine_db::Db::open_file(&shop.path(".vitrine/vitrine.db")).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let text = "UPDATE inventory_stock SET on_hand = on_hand + 1 WHERE sku = 'ARC-M'";
        vitrine_db::sql(text.to_owned()).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    });
    let what = "ARC-M at berlin: 181 on hand, but movements add up to 180";
    assert_eq!(audit(1, &[]), format!("nimbus: inventory: {what}\n"));
    let answer: Value = serde_json::from_str(&audit(1, &["--json"])).unwrap();
    let expected = serde_json::json!([{ "store": "nimbus", "module": "inventory", "what": what }]);
    assert_eq!(answer["found"], expected);
}

#[test]
fn a_feed_that_is_not_there_is_named() {
    let shop = Shop::new();
    assert_refused(&shop.run(&["import", "nowhere.ndjson"]), &["nowhere.ndjson"]);
}

#[tokio::test]
async fn the_dev_server_keeps_the_contract_of_the_edge() {
    let shop = Shop::new();
    let dev = shop.dev();
    edge::edge_contract(&dev.base).await;
    let health = reqwest::get(format!("{}/healthz", dev.base)).await.unwrap();
    assert_eq!(health.text().await.unwrap(), "ok\n");
}

#[tokio::test]
async fn windows_follow_changes_and_mistakes() {
    let shop = Shop::new();
    shop.own_templates();
    let dev = shop.dev();
    let page = reqwest::get(format!("{}/de/", dev.base)).await.unwrap().text().await.unwrap();
    assert!(page.contains("/__vitrine/reload.js"), "{page}");
    let mut window = Window::open(&dev.base).await;
    window.hears(|said| said["kind"] == "hello" && said["problems"] == Value::Array(Vec::new())).await;

    shop.edit("content/products/cloud/de.md", "\n+++\n", "\n+++\nNeuer erster Satz. ");
    let said = window.hears(|said| said["kind"] == "pages").await;
    let paths: Vec<&str> = said["paths"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(paths.iter().any(|path| path.starts_with("/de/p/cloud")), "{paths:?}");
    assert!(!paths.iter().any(|path| path.starts_with("/jp/")), "{paths:?}");

    let good = shop.read("content/products/cloud/product.toml");
    shop.write("content/products/cloud/product.toml", &format!("colr = \"red\"\n{good}"));
    let said = window.hears(|said| said["kind"] == "problems").await;
    assert_eq!(said["problems"][0]["place"], "content/products/cloud/product.toml:1:1");
    shop.write("content/products/cloud/product.toml", &good);
    window.hears(|said| said["kind"] == "problems" && said["problems"] == Value::Array(Vec::new())).await;

    shop.edit("templates/category.html", "{%", "{% oops {%");
    let said = window.hears(|said| said["kind"] == "problems").await;
    assert!(said["problems"][0]["what"].as_str().unwrap().contains("category.html:"), "{said}");
    assert!(reqwest::get(format!("{}/de/", dev.base)).await.unwrap().status().is_success());
    shop.own_templates();
    window.hears(|said| said["kind"] == "problems" && said["problems"] == Value::Array(Vec::new())).await;
}

/// Where the tests' product is shown.
const PAGE: &str = "/de/p/cloud-kaltschaummatratze/";

/// How long it takes is printed, for people to look at: the machine of a test may be busy.
#[tokio::test]
async fn a_price_shows_in_the_open_window() {
    let shop = Shop::new();
    let dev = shop.dev();
    let mut window = Window::open(&dev.base).await;
    window.hears(|said| said["kind"] == "hello").await;
    for euros in [631, 632, 633] {
        let start = Instant::now();
        shop.set_price("cloud", euros);
        window.hears(|said| names(said, PAGE)).await;
        let page = dev.page(PAGE).await;
        println!("a price shows after {:?}", start.elapsed());
        assert!(page.contains(&format!("{euros},00")), "{page}");
    }
}

#[tokio::test]
async fn the_dev_server_publishes_what_other_processes_ask_for() {
    let shop = Shop::new();
    let dev = shop.dev();
    let second = shop.run(&["dev", "--port", "0"]);
    assert_refused(&second, &["another vitrine dev", "--state"]);
    let mut window = Window::open(&dev.base).await;
    shop.set_price("cloud", 631);
    window.hears(|said| names(said, PAGE)).await;
    let back = shop.run(&["rollback", "DE", "1"]);
    assert_eq!(back.code, 0, "{} {}", back.out, back.err);
    assert!(!dev.page(PAGE).await.contains("631,00"), "what was published last is gone");
    // It asks for a publish of the country, as `vitrine publish` does.
    assert_eq!(shop.run(&["resume", "DE"]).code, 0);
    window.hears(|said| names(said, PAGE)).await;
    assert!(dev.page(PAGE).await.contains("631,00"));
}

#[tokio::test]
async fn a_page_that_cannot_be_rendered_is_a_problem_and_leaves_the_last_good_one() {
    let shop = Shop::new();
    shop.own_templates();
    let dev = shop.dev();
    let mut window = Window::open(&dev.base).await;
    window.hears(|said| said["kind"] == "hello").await;
    let before = dev.page("/de/").await;
    // Right as a template, and wrong with every page.
    let good = shop.read("templates/home.html");
    shop.edit("templates/home.html", "{% endblock main %}", "{{ view.nothing_like_it }}{% endblock main %}");
    let said = window.hears(|said| said["kind"] == "problems").await;
    assert_eq!(said["problems"][0]["place"], "build", "{said}");
    assert_eq!(dev.page("/de/").await, before);
    shop.write("templates/home.html", &good);
    window.hears(|said| said["kind"] == "problems" && said["problems"] == Value::Array(Vec::new())).await;
}

#[tokio::test]
async fn a_style_sheet_is_swapped_without_a_reload() {
    let shop = Shop::new();
    shop.own_templates();
    let sheets: Vec<_> = std::fs::read_dir(shop.path("templates/assets/css")).unwrap().flatten().collect();
    let dev = shop.dev();
    let mut window = Window::open(&dev.base).await;
    window.hears(|said| said["kind"] == "hello").await;
    let sheet = sheets[0].path();
    let text = std::fs::read_to_string(&sheet).unwrap();
    std::fs::write(&sheet, format!("{text}\n.planted {{ color: red }}\n")).unwrap();
    window.hears(|said| said["kind"] == "styles").await;
}

#[tokio::test]
async fn ctrl_c_ends_it_cleanly_and_soon() {
    let shop = Shop::new();
    for signal in ["INT", "TERM"] {
        let mut dev = shop.dev();
        // An open window must not hold it up.
        let mut window = Window::open(&dev.base).await;
        window.hears(|said| said["kind"] == "hello").await;
        // It takes 0.3 s on a quiet machine; an open window that held it up would hold it up for ever.
        assert_eq!(dev.stop(signal, Duration::from_secs(10)).code(), Some(0));
    }
}

/// Whether an event says that a page changed.
fn names(said: &Value, page: &str) -> bool {
    said["paths"].as_array().is_some_and(|paths| paths.iter().any(|path| path == page))
}

/// A browser's line to the dev server.
struct Window {
    stream: reqwest::Response,
    text: String,
}

impl Window {
    async fn open(base: &str) -> Self {
        let stream = reqwest::get(format!("{base}/__vitrine/events")).await.unwrap();
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        Self { stream, text: String::new() }
    }

    /// The first event from now on that is what one waits for.
    async fn hears(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let heard = tokio::time::timeout(PATIENCE, async {
            loop {
                while let Some((event, rest)) = self.text.split_once("\n\n") {
                    let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                    let said = data.and_then(|data| serde_json::from_str::<Value>(data).ok());
                    self.text = rest.to_owned();
                    if let Some(said) = said.filter(&wanted) {
                        return said;
                    }
                }
                let chunk = self.stream.chunk().await.unwrap().unwrap();
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        });
        heard.await.unwrap()
    }
}

/// A letter that was given up is said where ops look first, listed with its reason, and tried again when they say so.
#[tokio::test]
async fn letters_that_were_given_up_are_told_and_tried_again() {
    let shop = Shop::new();
    assert_eq!(shop.run(&["import"]).code, 0);
    let db = vitrine_db::Db::open_file(&shop.path(".vitrine/vitrine.db")).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    for (event, recipient) in [("order_placed o1", "ada@example.com"), ("order_placed o2", "eve@example.com")]
    {
        let query = vitrine_db::sql(
            "INSERT INTO mail_delivery (store, event, kind, recipient, about, state, attempts, free_at, \
             last_error, created_at, changed_at) \
             VALUES ('nimbus', $1, 'order_received', $2, 'o1', 'dead', 16, 0, '550 no such user', 1, 1)"
                .to_owned(),
        );
        query.bind(event.to_owned()).bind(recipient.to_owned()).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();

    let told = shop.run(&["status"]).out;
    assert!(told.contains("2 letters given up (vitrine letters)"), "{told}");
    let listed = shop.run(&["letters"]).out;
    for part in ["2 letters given up", "ada@example.com", "eve@example.com", "try 16", "550 no such user"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let id = listed.lines().find(|line| line.contains("ada@example.com")).unwrap();
    let id = id.split_whitespace().next().unwrap().to_owned();
    let again = shop.run(&["letters", "retry", &id]).out;
    assert!(again.contains("1 letter will be tried again"), "{id}: {again}");
    let listed = shop.run(&["letters"]).out;
    assert!(!listed.contains("ada@example.com") && listed.contains("eve@example.com"), "{listed}");
    assert!(shop.run(&["letters", "retry"]).out.contains("1 letter will be tried again"));
    assert!(shop.run(&["letters"]).out.contains("0 letters given up"));
    assert!(!shop.run(&["status"]).out.contains("given up"));
    db.close().await;
}
