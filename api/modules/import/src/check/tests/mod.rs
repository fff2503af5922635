//! Every kind of mistake, planted one by one into a folder that is right.

mod catalog;
mod shop;

use std::path::Path;

use crate::fixture::Fixture;

/// Spoils a fresh folder and expects exactly this.
fn spoiled(spoil: impl FnOnce(&Fixture), expected: &[&str]) {
    let fixture = Fixture::new();
    spoil(&fixture);
    assert_eq!(fixture.check(), expected);
}

/// Replaces a text in a file and expects exactly this.
fn edited(file: &str, from: &str, to: &str, expected: &[&str]) {
    spoiled(|fixture| fixture.edit(file, from, to), expected);
}

const CLOUD: &str = "products/cloud/product.toml";

#[test]
fn the_fixture_is_right() {
    assert_eq!(Fixture::new().check(), [""; 0]);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let fixture = Fixture::new();
    fixture.edit(CLOUD, "brand = \"Tiny\"", "brand = 5");
    fixture.edit(CLOUD, "DE = 499", "DE = 0");
    fixture.edit("products/drift/product.toml", "height = 10", "height = = 10");
    fixture.edit("navigation.toml", "category:beds", "category:bets");
    let found = fixture.check();
    let places: Vec<&str> = found.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "content/navigation.toml:1:9",
            "content/products/cloud/product.toml:2:9",
            "content/products/cloud/product.toml:19:6",
            "content/products/drift/product.toml:8:10",
        ]
    );
}

#[test]
fn the_shipped_shop_has_no_findings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content");
    let found = crate::check_folder(&folder, &[]).unwrap();
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
