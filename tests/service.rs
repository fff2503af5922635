//! The API as a program: tokens from the command line, a publish, a signed webhook, a quiet end.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test that can't go on fails")]

mod shop;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::shop::Shop;

const SECRET: &str = "a secret of thirty-two characters";

/// A running service; killed when the test ends.
struct Service {
    child: Child,
    address: String,
}

impl Service {
    /// Starts a role whose first line names its address.
    fn start(shop: &Shop, arguments: &[&str]) -> Self {
        let mut command = shop.command(arguments);
        command.env("VITRINE_WEBHOOK_SECRETS", format!("nimbus={SECRET}")).env("VITRINE_WORKER_PORT", "0");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_whitespace().find_map(|word| word.strip_prefix("http://"));
        let address =
            address.unwrap_or_else(|| panic!("no address in {line:?}")).trim_end_matches('/').to_owned();
        Self { child, address }
    }

    /// Status and body of an answer.
    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n"
        );
        stream.write_all(format!("{head}{fields}\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    /// Status and JSON of an answer; nothing is sent for null.
    fn json(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.ask(method, path, fields, &body);
        (status, serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{status} {answer}: {error}")))
    }

    fn terminate(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        for _ in 0..1_000 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("still running 10 s after SIGTERM");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `vitrine` prints for a command that works.
fn said(shop: &Shop, arguments: &[&str]) -> String {
    let said = shop.run(arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {} {}", said.out, said.err);
    said.out
}

fn token(shop: &Shop, scopes: &str) -> String {
    said(shop, &["token", "create", "--name", "ci", "--scope", scopes]).trim().to_owned()
}

/// The header of a delivery, made by another program than ours.
fn signature(body: &str) -> String {
    let script = r#"t=$(date +%s); printf 't=%s,v1=' "$t"; printf '%s.%s' "$t" "$BODY" | openssl dgst -sha256 -hmac "$KEY" | awk '{print $NF}'"#;
    let signed =
        Command::new("sh").args(["-c", script]).env("BODY", body).env("KEY", SECRET).output().unwrap();
    assert!(signed.status.success(), "{signed:?}");
    String::from_utf8(signed.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_shop_is_run_over_http() {
    let shop = Shop::new();
    said(&shop, &["import"]);
    let service = Service::start(&shop, &["api", "--port", "0"]);
    let bearer = format!("Bearer {}", token(&shop, "publish,status,webhook"));
    let json = ("content-type", "application/json");

    let wish = r#"{"countries":["DE"]}"#;
    let (status, accepted) =
        service.ask("POST", "/api/v1/admin/publish", &[("authorization", &bearer), json], wish);
    let accepted: Value = serde_json::from_str(&accepted).unwrap();
    assert_eq!((status, &accepted["countries"][0]), (202, &"DE".into()), "{accepted}");

    let (status, shown) = service.ask("GET", "/api/v1/admin/status", &[("authorization", &bearer)], "");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((status, &shown["store"]), (200, &"nimbus".into()));
    assert!(shown["countries"].as_array().unwrap().iter().any(|one| one["country"] == "DE"), "{shown}");

    let body = r#"{"id":"d-1","items":[{"remove_product":"never-was"}]}"#;
    let signed = signature(body);
    let (status, receipt) =
        service.ask("POST", "/api/v1/hooks/nimbus", &[("vitrine-signature", &signed), json], body);
    assert_eq!((status, receipt.as_str()), (202, r#"{"id":"d-1","state":"received"}"#));
    let mut delivery = Value::Null;
    for _ in 0..1_000 {
        let path = "/api/v1/hooks/nimbus/deliveries/d-1";
        delivery =
            serde_json::from_str(&service.ask("GET", path, &[("authorization", &bearer)], "").1).unwrap();
        if delivery["state"] != "received" && delivery["state"] != "running" {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(delivery["state"], "done", "{delivery}");

    let (status, metrics) = service.ask("GET", "/metrics", &[], "");
    assert_eq!(status, 200);
    assert!(
        metrics.contains(r#"vitrine_hook_deliveries_total{store="nimbus",result="done"} 1"#),
        "{metrics}"
    );
    assert_eq!(service.ask("GET", "/readyz", &[], "").0, 200);
    assert_eq!(service.terminate(), 0);
}

/// The provider says 'pending' at first; the keeper delivers what it says 5 s later.
#[test]
fn an_order_is_bought_and_moved_on_by_the_keeper() {
    let shop = Shop::new();
    said(&shop, &["import"]);
    let service = Service::start(&shop, &["api", "--port", "0"]);
    let json = ("content-type", "application/json");
    let stock = || service.json("GET", "/api/v1/de/stock?sku=OAK-180200-W", &[], &Value::Null).1;
    assert_eq!(stock()[0]["state"], "low", "it was opened with two");

    let line = json!({ "sku": "OAK-180200-W", "quantity": 2 });
    let (status, cart) = service.json("POST", "/api/v1/de/cart/lines", &[json], &line);
    assert_eq!(status, 201, "{cart}");
    let token = cart["token"].as_str().unwrap();
    let details = json!({
        "locale": "de-DE", "contact": { "email": "shopper@shop.example" }, "delivery": "freight", "payment": "card",
        "shipping": { "name": "A. Shopper", "line1": "Musterstraße 1", "postcode": "10115", "city": "Berlin",
            "country": "DE" },
    });
    let fields = [json, ("vitrine-cart", token), ("idempotency-key", "k-1")];
    let wish = json!({ "details": details });
    let (status, quote) = service.json("POST", "/api/v1/de/checkout/quote", &fields, &wish);
    assert_eq!((status, &quote["missing"]), (200, &json!([])), "{quote}");
    let methods = json!(["card", "paypal", "invoice", "bank_transfer", "apple_pay"]);
    assert_eq!(quote["payment_methods"], methods, "all that the country lists");

    let expected = &quote["cart"]["totals"]["total"];
    let wish = json!({ "details": details, "expected": expected, "payment_token": "webhook_late" });
    let (status, placed) = service.json("POST", "/api/v1/de/checkout/orders", &fields, &wish);
    assert_eq!((status, &placed["state"]), (201, &"pending_payment".into()), "{placed}");
    assert_eq!(stock()[0]["state"], "out", "it is held");
    let path = format!("/api/v1/de/orders/{}", placed["access"].as_str().unwrap());
    let order = || service.json("GET", &path, &[], &Value::Null).1;
    let is_placed = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        order()["state"] == "placed"
    });
    assert!(is_placed, "{}", order());
    assert_eq!(said(&shop, &["audit"]), "");
    assert_eq!(service.terminate(), 0);
    said(&shop, &["import"]);
    let service = Service::start(&shop, &["api", "--port", "0"]);
    let (_, stock) = service.json("GET", "/api/v1/de/stock?sku=OAK-180200-W", &[], &Value::Null);
    assert_eq!(stock[0]["state"], "out", "an import gives back nothing that was sold");
}

#[test]
fn a_worker_answers_probes() {
    let shop = Shop::new();
    let worker = Service::start(&shop, &["worker"]);
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(worker.ask("GET", path, &[], "").0, 200, "{path}");
    }
    assert_eq!(worker.ask("GET", "/api/v1/admin/status", &[], "").0, 404);
    assert_eq!(worker.terminate(), 0);
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let shop = Shop::new();
    said(&shop, &["import"]);
    let made = token(&shop, "publish");
    let id = made.strip_prefix("vt_").unwrap().split('_').next().unwrap();
    let listed = said(&shop, &["token", "list"]);
    assert!(listed.contains(id) && listed.contains("publish") && listed.contains("never"), "{listed}");
    assert!(!listed.contains(made.rsplit('_').next().unwrap()), "the secret is shown once");
    said(&shop, &["token", "revoke", id]);
    let listed: Value = serde_json::from_str(&said(&shop, &["token", "list", "--json"])).unwrap();
    assert!(listed[0]["revoked_at"].is_i64(), "{listed}");

    for (arguments, part) in [
        (&["token", "revoke", id][..], "no token"),
        (&["token", "create", "--name", "x", "--scope", "everything"], "`everything` is no scope"),
        (&["token", "create", "--name", "x", "--scope", "status", "--expires", "never"], "12h or 90d"),
        (&["token", "create", "--name", "x", "--scope", "status", "--expires", "367d"], "366 days"),
        (&["token", "create", "--name", "x", "--scope", "status", "--store", "none"], "no store 'none'"),
    ] {
        let refused = shop.run(arguments);
        assert!(
            refused.code == 2 && refused.err.contains(part),
            "{arguments:?}: {} {}",
            refused.code,
            refused.err
        );
    }
}
