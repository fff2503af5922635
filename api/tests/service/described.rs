//! What the document of the API says of an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::world::Answer;

pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(vitrine_api::document);
/// The schemas, of which none allows a member that it does not name.
static STRICT: LazyLock<Value> = LazyLock::new(|| {
    let mut components = DOCUMENT["components"].clone();
    close(&mut components["schemas"]);
    components
});
static VALIDATORS: LazyLock<Mutex<BTreeMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Forbids members that are not named, in everything below.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("unevaluatedProperties".to_owned(), json!(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// The described path that a path is routed to: the one with the most segments that are equal.
pub(crate) fn route(path: &str) -> Option<&'static str> {
    let fits = |described: &str| {
        let (mut asked, mut known) = (path.split('/'), described.split('/'));
        let mut equal = 0;
        loop {
            match (asked.next(), known.next()) {
                (None, None) => return Some(equal),
                (Some(asked), Some(known)) if known == asked => equal += 1,
                (Some(asked), Some(known)) if known.starts_with('{') && !asked.is_empty() => {}
                _ => return None,
            }
        }
    };
    let paths = DOCUMENT["paths"].as_object().unwrap().keys();
    let fitting = paths.filter_map(|path| Some((fits(path)?, path.as_str())));
    fitting.max_by_key(|(equal, _)| *equal).map(|(_, path)| path)
}

/// Fails if an answer is not what the document says; the page of the test provider is none of it.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    if path.starts_with("/test-payment/") {
        return;
    }
    let operation = route(path).map(|path| &DOCUMENT["paths"][path][method.to_ascii_lowercase()]);
    let Some(operation) = operation.filter(|operation| operation.is_object()) else {
        let is_head = method == "HEAD" && answer.text.is_empty();
        let is_options = method == "OPTIONS" && answer.text.is_empty();
        // Whatever is not routed passes through the limits all the same.
        assert!(
            is_head || is_options || matches!(answer.status, 404 | 405 | 429 | 503),
            "{method} {path}: {answer:?}"
        );
        return;
    };
    // A process that serves less than all has nothing at the rest.
    if answer.status == 404 && answer.json()["code"] == "not_found" {
        return;
    }
    let status = answer.status.to_string();
    let described = &operation["responses"][&status];
    assert!(described.is_object(), "{method} {path} does not say that it answers {status}: {answer:?}");
    for (name, header) in described["headers"].as_object().into_iter().flatten() {
        let header = header["$ref"].as_str().map_or(header, |at| DOCUMENT.pointer(&at[1..]).unwrap());
        assert!(
            header["required"] != true || answer.headers.contains_key(name),
            "{method} {path}: no {name}"
        );
    }
    let kind = answer.header("content-type").split(';').next().unwrap_or_default();
    let content = &described["content"][kind];
    assert!(content.is_object(), "{method} {path} {status} does not say that it answers {kind}: {answer:?}");
    if !kind.ends_with("json") {
        return;
    }
    let validator =
        validator(format!("{method} {} {status}", route(path).unwrap_or_default()), &content["schema"]);
    let body = answer.json();
    let wrong: Vec<String> =
        validator.iter_errors(&body).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{method} {path} {status}: {wrong:#?}\n{body:#}");
}

fn validator(key: String, schema: &Value) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let made = validators.entry(key).or_insert_with(|| {
        let whole = json!({ "components": *STRICT, "allOf": [schema] });
        Arc::new(jsonschema::draft202012::new(&whole).unwrap())
    });
    made.clone()
}
