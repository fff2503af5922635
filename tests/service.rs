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

/// A CDN that confirms whatever it is told.
fn willing_cdn() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                while lines.by_ref().take_while(|line| !line.is_empty()).count() > 0 {
                    let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                }
            });
        }
    });
    address
}

/// Lines of a JSON log that belong to a trace, by their message.
fn traced(log: &str, trace: &str) -> Vec<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ours = |line: &Value| {
        [&line["span"]["trace_id"], &line["trace_id"], &line["fields"]["trace_id"]]
            .iter()
            .any(|id| **id == trace)
    };
    let said = |line: Value| {
        [&line["message"], &line["fields"]["message"]].iter().find_map(|said| Some(said.as_str()?.to_owned()))
    };
    lines.filter(ours).filter_map(said).collect()
}

#[test]
fn one_trace_leads_from_the_delivery_to_what_the_cdn_has_forgotten() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let mut shop = Shop::new();
    shop.set("VITRINE_LOG_FORMAT", "json");
    shop.set("VITRINE_LOG_LEVEL", "info");
    shop.set("VITRINE_CDN", willing_cdn());
    shop.set("VITRINE_CDN_SECRET", SECRET);
    said(&shop, &["import"]);
    let log = |name: &str| std::fs::File::create(shop.path(name)).unwrap();
    let mut worker = shop.command(&["worker"]);
    let mut worker = worker.stdout(Stdio::null()).stderr(log("worker.log")).spawn().unwrap();
    let mut service = Service::start(&shop, &["api", "--port", "0"]);
    let heard = service.child.stderr.take().unwrap();
    let heard = std::thread::spawn(move || std::io::read_to_string(heard).unwrap());

    let body = json!({ "id": "d-1", "items": [{ "product": {
        "id": "traced", "type": "pillow", "tax_class": "standard",
        "media": ["pillow-drift.jpg"],
        "variants": [{ "sku": "TRACED", "prices": { "DE": "10.00" } }],
        "texts": { "de": { "name": "Spur", "slug": "spur", "summary": "Eine Spur", "attributes": { "filling": "Federn" } } },
    } }] })
    .to_string();
    let signed = signature(&body);
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let fields = [
        ("vitrine-signature", signed.as_str()),
        ("content-type", "application/json"),
        ("traceparent", &parent),
    ];
    assert_eq!(service.ask("POST", "/api/v1/hooks/nimbus", &fields, &body).0, 202);
    let mut seen = Vec::new();
    for _ in 0..1_800 {
        seen = traced(&shop.read("worker.log"), trace);
        if seen.iter().any(|said| said == "the CDN has forgotten") {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    worker.kill().unwrap();
    worker.wait().unwrap();
    service.terminate();
    let heard = heard.join().unwrap();
    assert!(shop.read(".vitrine/site/de/p/spur/index.html").contains("Spur"));
    for said in ["published", "the CDN has forgotten"] {
        assert!(seen.iter().any(|one| one == said), "{said} in {seen:?}\n{heard}");
    }
    let seen = traced(&heard, trace);
    for said in ["delivery received", "delivery imported", "answered"] {
        assert!(seen.iter().any(|one| one == said), "{said} in {seen:?}\n{heard}");
    }
}

/// A web server with a certificate that nobody signed; it serves a folder.
struct Secure {
    child: Child,
    port: u16,
}

impl Secure {
    fn start(shop: &Shop, folder: &str) -> Self {
        let script = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
             -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:false";
        let made = Command::new("sh").args(["-c", script]).current_dir(shop.path(folder)).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-WWW", "-cert", "cert.pem", "-key", "key.pem", "-accept"])
            .arg(port.to_string())
            .current_dir(shop.path(folder))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port };
        for _ in 0..1_000 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn feeds_are_fetched_over_tls_from_those_whose_certificate_is_trusted_only() {
    let mut shop = Shop::new();
    said(&shop, &["import"]);
    std::fs::create_dir(shop.path("pim")).unwrap();
    let header = json!({ "feed": "vitrine-catalog", "version": 1, "store": "nimbus", "mode": "delta" });
    let end = json!({ "end": { "products": 0 } });
    shop.write("pim/feed.ndjson", &format!("{header}\n{end}\n"));
    let server = Secure::start(&shop, "pim");
    let feed = format!("https://localhost:{}/feed.ndjson", server.port);

    let refused = shop.run(&["import", &feed]);
    assert_ne!(refused.code, 0, "{}", refused.out);
    assert!(refused.err.contains("certificate"), "{}", refused.err);

    shop.set("SSL_CERT_FILE", shop.path("pim/cert.pem").to_str().unwrap());
    said(&shop, &["import", &feed]);
    shop.set("VITRINE_WEBHOOK_NETWORKS", "127.0.0.0/8,::1/128");
    let service = Service::start(&shop, &["api", "--port", "0"]);
    let body = json!({ "id": "d-tls", "feed": feed }).to_string();
    let signed = signature(&body);
    let fields = [("vitrine-signature", signed.as_str()), ("content-type", "application/json")];
    assert_eq!(service.ask("POST", "/api/v1/hooks/nimbus", &fields, &body).0, 202);
    let bearer = format!("Bearer {}", token(&shop, "webhook"));
    let mut delivery = Value::Null;
    for _ in 0..3_000 {
        let fields = [("authorization", bearer.as_str())];
        delivery = service.json("GET", "/api/v1/hooks/nimbus/deliveries/d-tls", &fields, &Value::Null).1;
        if delivery["state"] != "received" && delivery["state"] != "running" {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(delivery["state"], "done", "{delivery}");
}
