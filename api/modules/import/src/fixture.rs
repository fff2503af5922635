//! A small content folder that is right, for tests to spoil.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::Module;

use crate::{ImportOptions, RequiredMessage, check_folder};

/// Tables of every module an import writes to.
pub(crate) const MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_content::MODULE,
    &vitrine_inventory::MODULE,
    &vitrine_promotion::MODULE,
    &vitrine_delivery::MODULE,
];

/// A content folder in a temporary place.
#[derive(Debug)]
pub(crate) struct Fixture {
    place: TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let fixture = Self { place: tempfile::tempdir().unwrap() };
        for (name, text) in FILES {
            fixture.write(name, text);
        }
        fixture.write_bytes("media/cloud.png", &png(1200, 800));
        fixture.write_bytes("media/drift.png", &png(800, 800));
        fixture
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.place.path().join("content")
    }

    pub(crate) fn media_dir(&self) -> PathBuf {
        self.place.path().join("originals")
    }

    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    pub(crate) fn write_bytes(&self, name: &str, bytes: &[u8]) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        let path = self.folder().join(name);
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }

    /// Replaces the first occurrence of `from`, which must be there.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.folder().join(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// What check says, with the temporary place taken off.
    pub(crate) fn check(&self) -> Vec<String> {
        let findings = check_folder(&self.folder(), &required()).unwrap();
        findings.iter().map(|finding| self.shown(&finding.to_string())).collect()
    }

    pub(crate) fn shown(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.place.path().display()), "")
    }

    pub(crate) fn options(&self) -> ImportOptions {
        ImportOptions {
            force: false,
            now: Timestamp::parse_rfc3339("2026-11-01").unwrap(),
            media_dir: self.media_dir(),
            required_messages: required(),
            trace: None,
        }
    }
}

/// The store's id.
pub(crate) fn store() -> StoreId {
    StoreId::try_new("tiny").unwrap()
}

fn required() -> Vec<RequiredMessage> {
    let message = |id: &str, arguments: &[&str]| RequiredMessage {
        id: id.to_owned(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
    };
    vec![message("add_to_cart", &[]), message("price_from", &["price"])]
}

/// As much of a PNG file as its size needs.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// Copies a folder with all below it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

const FILES: &[(&str, &str)] = &[
    (
        "store.toml",
        r#"id = "tiny"
name = "Tiny"
origin = "https://tiny.example"
default_country = "DE"

[organization]
legal_name = "Tiny GmbH"
street = "Weg 1"
postcode = "10115"
city = "Berlin"
country = "DE"
email = "hello@tiny.example"

[fallback]
de = ["en"]
"#,
    ),
    (
        "countries/de.toml",
        r#"currency = "EUR"
time_zone = "Europe/Berlin"
prior_price = true
payment_methods = ["card"]
legal_notes = ["note_vat"]
legal_pages = ["imprint"]

[[locales]]
locale = "de-DE"
path = "/de/"

[tax]
included = true
[tax.rates]
standard = "19"

[[delivery]]
id = "parcel"
price = 4.90
free_from = 50
days = [2, 4]

[returns]
days = 30
free = true
"#,
    ),
    (
        "countries/jp.toml",
        r#"currency = "JPY"
time_zone = "Asia/Tokyo"

[[locales]]
locale = "en-JP"
path = "/jp/"

[tax]
included = true
[tax.rates]
standard = "10"
"#,
    ),
    (
        "attributes/attributes.toml",
        r#"[attribute.size]
type = "choice"
values = ["small", "large"]
facet = true

[attribute.height]
type = "number"
unit = "cm"

[attribute.core]
type = "text"

[type.bed]
options = ["size"]
attributes = ["height", "core"]
required = ["height"]
"#,
    ),
    ("attributes/en.toml", "[label]\nsize = \"Size\"\nheight = \"Height\"\ncore = \"Core\"\n"),
    ("attributes/de.toml", "[label]\nsize = \"Größe\"\nheight = \"Höhe\"\ncore = \"Kern\"\n"),
    ("categories/beds/category.toml", "rank = 10\npicture = \"cloud.png\"\n"),
    (
        "categories/beds/en.md",
        "+++\nname = \"Beds\"\nslug = \"beds\"\ndescription = \"All beds.\"\n+++\nBeds.\n",
    ),
    (
        "categories/beds/de.md",
        "+++\nname = \"Betten\"\nslug = \"betten\"\ndescription = \"Alle Betten.\"\n+++\nBetten.\n",
    ),
    ("categories/wide/category.toml", "parent = \"beds\"\nrank = 20\n"),
    ("categories/wide/en.md", "+++\nname = \"Wide\"\nslug = \"wide-beds\"\n+++\n"),
    ("categories/wide/de.md", "+++\nname = \"Breit\"\nslug = \"breite-betten\"\n+++\n"),
    (
        "products/cloud/product.toml",
        r#"type = "bed"
brand = "Tiny"
tax_class = "standard"
categories = [{ id = "beds", rank = 1 }, { id = "wide", rank = 2 }]
options = ["size"]
media = ["cloud.png"]
related = ["drift"]

[attributes]
height = 24.5

[[variants]]
sku = "CLOUD-S"
options = { size = "small" }
gtin = "4000000000013"
weight_g = 900
availability = "in"
[variants.prices]
DE = 499
JP = 79800

[[variants]]
sku = "CLOUD-L"
options = { size = "large" }
media = "cloud.png"
parts = [{ sku = "DRIFT", quantity = 2 }]
[variants.prices]
DE = [{ amount = 599.50 }, { amount = 549, compare_at = 599.50, from = 2026-11-20T00:00:00Z, until = 2026-12-01T00:00:00Z }]
"#,
    ),
    (
        "products/cloud/en.md",
        r#"+++
name = "Cloud"
slug = "cloud"
title = "Cloud, the bed"
summary = "A bed."
description = "A good bed."
[attributes]
core = "Foam"
+++
A bed.

## Care

See [shipping](page:shipping#costs) and the [beds](category:beds).
"#,
    ),
    (
        "products/cloud/de.md",
        r#"+++
name = "Cloud"
slug = "wolke"
summary = "Ein Bett."
description = "Ein gutes Bett."
[attributes]
core = "Schaum"
+++
Ein Bett, siehe [Versand](page:shipping#kosten).

::picture drift.png Ein Kissen
"#,
    ),
    (
        "products/cloud/reviews.toml",
        "[[reviews]]\nrating = 5\ndate = 2026-05-02\nlang = \"de\"\ntitle = \"Gut\"\nbody = \"Sehr gut.\"\n",
    ),
    (
        "products/drift/product.toml",
        r#"type = "bed"
tax_class = "standard"
categories = [{ id = "beds" }]
media = ["drift.png"]
not_in = ["JP"]

[attributes]
height = 10

[[variants]]
sku = "DRIFT"
[variants.prices]
DE = { amount = 39, compare_at = 49 }
"#,
    ),
    (
        "products/drift/de.md",
        "+++\nname = \"Drift\"\nslug = \"drift\"\nsummary = \"Ein Kissen.\"\ndescription = \"Weich.\"\n+++\nWeich.\n",
    ),
    (
        "pages/home/page.toml",
        "kind = \"home\"\nupdated = 2026-10-01\nhero = \"cloud.png\"\nhero_link = \"category:beds\"\nfeatured = [\"cloud\"]\ncategories = [\"beds\"]\n",
    ),
    (
        "pages/home/en.md",
        "+++\ntitle = \"Tiny beds\"\nheadline = \"Sleep\"\nlead = \"Well.\"\ncall_to_action = \"Beds\"\n+++\n",
    ),
    (
        "pages/home/de.md",
        "+++\ntitle = \"Tiny Betten\"\nheadline = \"Schlaf\"\nlead = \"Gut.\"\ncall_to_action = \"Betten\"\n+++\n",
    ),
    ("pages/shipping/page.toml", "kind = \"page\"\n"),
    (
        "pages/shipping/en.md",
        "+++\ntitle = \"Shipping\"\nslug = \"shipping\"\ndescription = \"How it comes.\"\n+++\n## Costs\n\nFree. See [here](#costs).\n",
    ),
    (
        "pages/shipping/de.md",
        "+++\ntitle = \"Versand\"\nslug = \"versand\"\ndescription = \"Wie es kommt.\"\n+++\n## Kosten\n\nFrei.\n\n::product drift\n",
    ),
    ("pages/imprint/page.toml", "kind = \"legal\"\ncountries = [\"DE\"]\nupdated = 2026-05-04\n"),
    ("pages/imprint/de.md", "+++\ntitle = \"Impressum\"\nslug = \"impressum\"\n+++\nTiny GmbH.\n"),
    (
        "navigation.toml",
        "main = [\"category:beds\", \"page:shipping\"]\n\n[[footer]]\ntitle = \"footer_help\"\nitems = [\"page:shipping\"]\n",
    ),
    (
        "redirects.toml",
        "[[redirect]]\nfrom = \"/de/alt/\"\nto = \"page:shipping#kosten\"\n\n[[redirect]]\nfrom = \"/de/umweg/\"\nto = \"/de/versand/\"\n\n[[gone]]\npath = \"/de/weg/\"\n",
    ),
    (
        "strings/en.ftl",
        "add_to_cart = Add to cart\nprice_from = from { $price }\nfooter_help = Help\nunit_cm = { $value } cm\n",
    ),
    (
        "strings/de.ftl",
        "add_to_cart = In den Warenkorb\nprice_from = ab { $price }\nfooter_help = Hilfe\nunit_cm = { $value } cm\nnote_vat = Mit MwSt.\npayment_card = Karte\ndelivery_parcel = Paket\n",
    ),
    ("media/en.toml", "\"cloud.png\" = \"A bed\"\n\"drift.png\" = \"A pillow\"\n"),
    ("media/de.toml", "\"cloud.png\" = \"Ein Bett\"\n\"drift.png\" = \"Ein Kissen\"\n"),
];
