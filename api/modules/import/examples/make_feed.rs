//! Writes a seeded catalog feed to standard output, for benches.
//!
//! `make_feed 100000 > feed.ndjson`: products in two languages with three variants each, for the store that
//! `make_feed store DIR` makes a content folder of.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

const STORE: &str = "bench";
const CATEGORIES: u64 = 40;
const SIZES: [&str; 3] = ["s", "m", "l"];
const WORDS: [&str; 16] = [
    "quiet", "linen", "oak", "morning", "cloud", "felt", "river", "stone", "amber", "north", "hollow",
    "meadow", "ember", "willow", "harbour", "dusk",
];

/// A linear congruential generator: the same numbers on every machine (constants of Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn word(&mut self) -> &'static str {
        let at = usize::try_from(self.below(WORDS.len() as u64)).unwrap_or_default();
        WORDS[at]
    }

    fn words(&mut self, count: usize) -> String {
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, folder] = arguments.as_slice()
        && command == "store"
    {
        return store(Path::new(folder));
    }
    let count = arguments.first().and_then(|count| count.parse().ok()).unwrap_or(1_000);
    let seed = arguments.get(1).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    feed(count, seed, &mut BufWriter::with_capacity(1 << 20, io::stdout().lock()))
}

/// Writes a feed of so many products, the same for the same seed.
pub(crate) fn feed(count: u64, seed: u64, out: &mut impl Write) -> io::Result<()> {
    let mut numbers = Numbers(seed);
    writeln!(out, "{}", json!({ "feed": "vitrine-catalog", "version": 1, "store": STORE, "mode": "full" }))?;
    writeln!(out, "{}", json!({ "schema": schema() }))?;
    for id in 0..CATEGORIES {
        let text = |word: &str| json!({ "name": format!("{word} {id}"), "slug": format!("category-{id}"), "description": word });
        let texts = json!({ "en": text("Category"), "de": text("Kategorie") });
        writeln!(out, "{}", json!({ "category": { "id": format!("c{id}"), "rank": id, "texts": texts } }))?;
    }
    for number in 0..count {
        writeln!(out, "{}", json!({ "product": product(number, &mut numbers) }))?;
    }
    writeln!(out, "{}", json!({ "end": { "products": count, "categories": CATEGORIES } }))?;
    out.flush()
}

fn schema() -> Value {
    json!({
        "attribute": {
            "size": { "type": "choice", "values": SIZES, "facet": true },
            "height": { "type": "number", "unit": "cm" },
            "core": { "type": "text" },
        },
        "type": { "thing": { "options": ["size"], "attributes": ["height", "core"] } },
        "texts": {
            "en": { "label": { "size": "Size", "height": "Height", "core": "Core" } },
            "de": { "label": { "size": "Größe", "height": "Höhe", "core": "Kern" } },
        },
    })
}

fn product(number: u64, numbers: &mut Numbers) -> Value {
    let price = 1_900 + numbers.below(90_000);
    let variants: Vec<Value> = SIZES
        .iter()
        .zip(0..)
        .map(|(size, step)| {
            let amount = |extra: u64| format!("{}.{:02}", (price + extra + step * 1_000) / 100, price % 100);
            let prices = match number % 5 {
                0 => json!({ "DE": { "amount": amount(0), "compare_at": amount(5_000) }, "GB": amount(0) }),
                _ => json!({ "DE": amount(0), "GB": amount(0) }),
            };
            json!({ "sku": format!("P{number}-{size}"), "options": { "size": size }, "weight_g": 900, "prices": prices })
        })
        .collect();
    let mut text = |lang: &str| {
        let name = numbers.words(3);
        let body: Vec<String> = (0..3).map(|_| format!("{}.", numbers.words(40))).collect();
        json!({
            "name": name, "slug": format!("{}-{number}", name.replace(' ', "-")),
            "summary": numbers.words(14), "description": numbers.words(12),
            "body": format!("## {lang}\n\n{}", body.join("\n\n")), "attributes": { "core": numbers.words(4) },
        })
    };
    let texts = json!({ "en": text("Details"), "de": text("Einzelheiten") });
    let picture = json!({
        "url": format!("https://images.example/{number}/{{width}}.webp"),
        "widths": [400, 800, 1600], "width": 1600, "height": 1200,
    });
    let related: Vec<String> = (number > 0).then(|| format!("p{}", number / 2)).into_iter().collect();
    json!({
        "id": format!("p{number}"), "type": "thing", "tax_class": "standard", "brand": "Bench",
        "categories": [{ "id": format!("c{}", number % CATEGORIES), "rank": number }],
        "options": ["size"], "attributes": { "height": 10 + number % 30 }, "media": [picture],
        "related": related,
        "variants": variants, "texts": texts,
    })
}

/// Makes the smallest content folder that such a feed fits.
pub(crate) fn store(folder: &Path) -> io::Result<()> {
    let country = |currency: &str, locale: &str, path: &str| {
        format!(
            "currency = \"{currency}\"\ntime_zone = \"Europe/Berlin\"\n[[locales]]\nlocale = \"{locale}\"\npath = \"{path}\"\n\
             [tax]\nincluded = true\n[tax.rates]\nstandard = \"19\"\n"
        )
    };
    let files = [
        (
            "store.toml",
            format!(
                "id = \"{STORE}\"\nname = \"Bench\"\norigin = \"https://bench.example\"\ndefault_country = \"DE\"\n\
             [organization]\nlegal_name = \"Bench\"\nstreet = \"1\"\npostcode = \"1\"\ncity = \"Bench\"\ncountry = \"DE\"\n\
             email = \"hello@bench.example\"\n"
            ),
        ),
        ("countries/de.toml", country("EUR", "de-DE", "/de/")),
        ("countries/gb.toml", country("GBP", "en-GB", "/gb/")),
        ("pages/home/page.toml", "kind = \"home\"\n".to_owned()),
        ("pages/home/de.md", "+++\ntitle = \"Start\"\n+++\n".to_owned()),
        ("pages/home/en.md", "+++\ntitle = \"Home\"\n+++\n".to_owned()),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, text)?;
    }
    Ok(())
}
