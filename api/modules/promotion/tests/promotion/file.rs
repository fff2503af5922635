//! Promotions as a file.

use vitrine_promotion::read_promotions;

const GOOD: &str = r#"
[[promotions]]
id = "welcome"
by_code = true
combines_with = ["delivery"]
conditions = { first_order = true }
action.percent = { off = "10", on = "order" }
limits = { per_customer = 1 }

[[coupons]]
code = "welcome10"
promotion = "welcome"
"#;

#[test]
fn a_file_is_read() {
    let file = read_promotions(GOOD).unwrap();
    assert_eq!((file.promotions.len(), file.coupons[0].code.as_str()), (1, "WELCOME10"));
    assert_eq!(read_promotions("").unwrap(), Default::default());
}

#[test]
fn a_mistake_names_line_and_key() {
    let said = |from: &str, to: &str| -> Vec<String> {
        let errors = read_promotions(&GOOD.replacen(from, to, 1)).unwrap_err();
        errors.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        said("per_customer = 1", "per_customer = 0"),
        ["8:12: promotions[0].limits.per_customer must be at least 1"]
    );
    assert_eq!(
        said("promotion = \"welcome\"", "promotion = \"wellcome\""),
        ["12:1: coupons[0].promotion names `wellcome`, which is no promotion"]
    );
    assert_eq!(
        said("by_code = true\n", ""),
        ["11:1: coupons[0].promotion names `welcome`, which applies without a code"]
    );
    let twice =
        said("[[coupons]]", "[[coupons]]\ncode = \"Welcome10\"\npromotion = \"welcome\"\n[[coupons]]");
    assert_eq!(twice, ["14:1: coupons[1].code is given twice"]);
    assert_eq!(said("first_order", "frist_order").len(), 1);
}

fn content(file: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content").join(file)
}

#[test]
fn the_demo_shops_promotions_are_right_and_name_what_there_is() {
    let file = read_promotions(&std::fs::read_to_string(content("commerce/promotions.toml")).unwrap());
    let file = file.unwrap_or_else(|errors| panic!("{}", errors[0]));
    let actions: std::collections::BTreeSet<String> = file
        .promotions
        .iter()
        .map(|promotion| {
            serde_json::to_value(&promotion.action)
                .unwrap()
                .as_object()
                .unwrap()
                .keys()
                .next()
                .unwrap()
                .clone()
        })
        .collect();
    assert_eq!(actions.len(), 7, "every action is shown: {actions:?}");
    let text = serde_json::to_string(&file).unwrap();
    for folder in ["categories", "products"] {
        let key = format!("\"{folder}\":[");
        let named = text.split(key.as_str()).skip(1).filter_map(|rest| rest.split(']').next());
        for id in named.flat_map(|list| list.split(',')) {
            assert!(
                content(&format!("{folder}/{}", id.trim_matches('"'))).is_dir(),
                "{id} is none of {folder}"
            );
        }
    }
}
