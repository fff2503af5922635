//! The document of the API, and the service it describes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use reqwest::Method;
use serde_json::{Map, Value};
use vitrine_api::Code;

use crate::described::DOCUMENT;
use crate::shopping::{Street, each};
use crate::world::{World, answer};

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// Path, method and operation of all that is described.
fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// A path with something in place of its parameters.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{country}" => "de",
        "{store}" => "tiny",
        part if part.starts_with('{') => "x",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn asked(street: &Street, method: &str, path: &str) -> (u16, Value) {
    let method: Method = method.to_ascii_uppercase().parse().unwrap();
    let request = street.world.request(method, &filled(path)).header("vitrine-cart", "0".repeat(32));
    let answer = answer(request).await;
    (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_routed_and_no_other() {
    each(async |street| {
        let street = street.unhurried().await;
        for (path, method, _) in operations() {
            let (status, body) = asked(&street, method, path).await;
            assert!(status != 405 && body["code"] != "not_found", "{method} {path}: {status} {body}");
        }
        for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
            let described: BTreeSet<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
            for method in METHODS.into_iter().filter(|method| !described.contains(method)) {
                let (status, body) = asked(&street, method, path).await;
                assert_eq!((status, &body["code"]), (405, &"method_not_allowed".into()), "{method} {path}");
            }
        }
    })
    .await;
}

#[test]
fn a_route_is_made_of_its_description_only() {
    fn sources(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| match path.is_dir() {
                true => sources(&path),
                false => vec![fs::read_to_string(path).unwrap()],
            })
            .collect()
    }
    let routes = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes");
    for text in sources(&routes) {
        for around in [".route(", ".route_service(", ".nest_service("] {
            assert!(!text.contains(around), "`{around}` adds what the document does not know: use `routes!`");
        }
    }
}

#[test]
fn the_document_holds_together() {
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
    let tags: BTreeSet<&str> =
        DOCUMENT["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations() {
        let place = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{place}: its id is another's");
        assert!(operation["summary"].is_string(), "{place} does not say what it does");
        for tag in operation["tags"].as_array().unwrap() {
            assert!(tags.contains(tag.as_str().unwrap()), "{place}: tag {tag}");
        }
        let parameters = operation["parameters"].as_array().unwrap().iter();
        let named: BTreeSet<String> = parameters
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap()))
            .collect();
        let in_path = path.split('/').filter(|part| part.starts_with('{')).map(str::to_owned).collect();
        assert_eq!(named, in_path, "{place}");
        let asks_for_token = operation["security"][0]["token"].is_array();
        assert!(asks_for_token || !path.contains("/admin/"), "{place}");
    }
    references(&DOCUMENT);
}

/// Every reference leads somewhere.
fn references(value: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get("$ref") {
                assert!(DOCUMENT.pointer(&target[1..]).is_some(), "{target} leads nowhere");
            }
            members.values().for_each(references);
        }
        Value::Array(items) => items.iter().for_each(references),
        _ => {}
    }
}

#[test]
fn every_problem_is_described_and_some_operation_has_it() {
    let text = DOCUMENT["paths"].to_string();
    for code in Code::ALL {
        let name = format!("{code:?}Problem");
        let schema = &DOCUMENT["components"]["schemas"][&name]["properties"];
        assert_eq!(schema["code"]["enum"][0], code.as_str(), "{name}");
        assert_eq!(schema["status"]["enum"][0], code.status().as_u16(), "{name}");
        // Where there is no route, nothing is described.
        let is_of_no_route = *code == Code::MethodNotAllowed;
        let used = text.contains(&format!("#/components/schemas/{name}\""));
        assert!(used || is_of_no_route, "no operation answers with {}", code.as_str());
    }
}

#[test]
fn who_may_come_back_is_told_when() {
    for (path, method, operation) in operations() {
        for status in ["429", "503"] {
            let response = &operation["responses"][status];
            let told = response.is_null() || response["headers"]["Retry-After"].is_object();
            assert!(told, "{method} {path} {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_needs_nobody_else() {
    let world = World::new().await;
    let served = world.get("/api/openapi.json", None).await;
    assert_eq!((served.status, served.header("content-type")), (200, "application/json"));
    assert_eq!(served.json(), *DOCUMENT);
    let page = world.get("/api/", None).await;
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    for part in ["page.css", "page.js"] {
        assert!(page.text.contains(&format!("\"{part}\"")), "{part}");
        let served = world.get(&format!("/api/{part}"), None).await;
        assert_eq!(served.status, 200, "{part}");
        assert!(!served.text.contains("//www.") && !served.text.contains("https://"), "{part}");
    }
    assert!(
        !page.text.contains("https://") && !page.text.contains(" style=") && !page.text.contains("<script>")
    );
}

#[test]
fn no_schema_is_lost_under_the_name_of_another() {
    // Two types of one name would overwrite each other, and one of them would not fit its answers.
    let lines = |name: &str| -> Vec<String> {
        let properties: &Map<String, Value> =
            DOCUMENT["components"]["schemas"][name]["properties"].as_object().unwrap();
        properties.keys().cloned().collect()
    };
    assert!(
        lines("CartLine").contains(&"gift".to_owned()) && !lines("OrderLine").contains(&"gift".to_owned())
    );
}
