//! The shop that is sold from: the neutral feed, and rules for a full pricing.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::database::Database;
use crate::{Arguments, make_feed};

const COUNTRY: &str = r#"
currency = "EUR"
time_zone = "Europe/Berlin"
payment_methods = ["card", "invoice"]
[[locales]]
locale = "de-DE"
path = "/de/"
[tax]
included = true
[tax.rates]
standard = "19"
"#;

const DELIVERY: &str = r#"
[[warehouses]]
id = "main"
country = "DE"
time_zone = "Europe/Berlin"
cutoff = "14:00"

[calendars.DE]
working_days = ["mon", "tue", "wed", "thu", "fri"]
holidays = ["2026-12-25", "2027-01-01"]

[[zones]]
id = "de"
country = "DE"

[[zones]]
id = "de-islands"
country = "DE"
postcodes = ["18565", "25845..25849", "27498"]

[[methods]]
id = "parcel"
labels = { de = "Paket", en = "Parcel" }

[[methods.zones]]
zone = "de"
days = [2, 4]
free_from = { EUR = 50 }
rates = [{ up_to_g = 31500, price = { EUR = "4.90" } }]

[[methods.zones]]
zone = "de-islands"
days = [3, 6]
rates = [{ up_to_g = 31500, price = { EUR = "12.90" } }]

[[methods]]
id = "freight"
labels = { de = "Spedition", en = "Freight" }

[[methods.zones]]
zone = "de"
days = [5, 10]
rates = [{ price = { EUR = 39 } }]
"#;

const TAXES: &str = "[DE.rates]\nstandard = \"19\"\nreduced = \"7\"\n";

/// Rules of every kind that has no limit: some apply, some do not, all are looked at.
const PROMOTIONS: &str = r#"
[[promotions]]
id = "a-category"
labels = { de = "Kategorie" }
priority = 10
combines_with = ["order", "delivery"]
action.percent = { off = "15", of = { categories = ["c1", "c2", "c3", "c4"], except_reduced = true } }

[[promotions]]
id = "two-for-one"
labels = { de = "Zwei zum Preis von einem" }
priority = 5
combines_with = ["order", "delivery"]
action.buy_get = { buy = { categories = ["c5"] }, buy_quantity = 1, get = { categories = ["c6"] }, get_quantity = 1, off = "100" }

[[promotions]]
id = "more-is-less"
labels = { de = "Mengenrabatt" }
combines_with = ["order", "delivery"]
[promotions.action.tiers]
of = { categories = ["c7", "c8"] }
tiers = [{ from_quantity = 3, off = { percent = "5" } }, { from_quantity = 6, off = { percent = "10" } }]

[[promotions]]
id = "a-large-order"
labels = { de = "Ab 500 Euro" }
combines_with = ["product", "delivery"]
conditions = { min_subtotal = { EUR = 500 } }
action.fixed = { off = { EUR = 20 }, on = "order" }

[[promotions]]
id = "a-first-order"
labels = { de = "Erste Bestellung" }
combines_with = ["product", "delivery"]
conditions = { first_order = true, min_subtotal = { EUR = 100 } }
action.percent = { off = "3", on = "order" }

[[promotions]]
id = "welcome"
labels = { de = "Willkommen" }
by_code = true
combines_with = ["product", "delivery"]
action.percent = { off = "10", on = "order" }

[[coupons]]
code = "WELCOME"
promotion = "welcome"
"#;

/// A content folder, a feed and settings.
pub(crate) struct Shop {
    folder: PathBuf,
    url: String,
}

impl Shop {
    pub(crate) fn new(folder: &Path, database: &Database, asked: &Arguments) -> Result<Self> {
        let content = folder.join("content");
        make_feed::store(&content)?;
        fs::create_dir_all(content.join("commerce"))?;
        for (name, text) in [
            ("countries/de.toml", COUNTRY),
            ("commerce/delivery.toml", DELIVERY),
            ("commerce/taxes.toml", TAXES),
            ("commerce/promotions.toml", PROMOTIONS),
            ("commerce/stock.toml", &stock(asked.products)?),
        ] {
            fs::write(content.join(name), text)?;
        }
        make_feed::feed(asked.products, 1, &mut BufWriter::new(File::create(folder.join("feed.ndjson"))?))?;
        Ok(Self { folder: folder.to_owned(), url: database.url.clone() })
    }

    /// Imports the folder with its rules and its stock, and the feed with its products.
    pub(crate) fn import(&self) -> Result<()> {
        for source in ["content", "feed.ndjson"] {
            let output = self.command(&["import", source]).output()?;
            // The folder is the smallest that can be: it lacks words, which only pages need.
            if !matches!(output.status.code(), Some(0 | 1)) {
                bail!("{source} can't be imported: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
        Ok(())
    }

    /// What `vitrine audit` finds, and whether as many orders were placed as the client was told.
    pub(crate) async fn audit(&self, database: &Database, sold: u64) -> Result<Vec<String>> {
        let output = self.command(&["audit"]).output()?;
        let mut found: Vec<String> =
            String::from_utf8_lossy(&output.stdout).lines().take(20).map(str::to_owned).collect();
        if !output.status.success() && found.is_empty() {
            found.push(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        for (what, query) in [
            ("orders", "SELECT COUNT(*) FROM order_order WHERE state = 'placed'"),
            ("payments", "SELECT COUNT(*) FROM payment_attempt WHERE state IN ('authorised', 'captured')"),
            (
                "pieces sold",
                "SELECT CAST(COALESCE(-SUM(quantity), 0) AS BIGINT) FROM inventory_movement WHERE kind = 'sold'",
            ),
        ] {
            let there = database.count(query).await?;
            if there != sold {
                found.push(format!("{sold} orders were answered as placed, but there are {there} {what}"));
            }
        }
        Ok(found)
    }

    /// A command of `vitrine` on this shop.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vitrine"));
        command.args(arguments).current_dir(&self.folder);
        command.env("VITRINE_DATABASE_URL", &self.url).env("VITRINE_STATE", self.folder.join("state"));
        command.env("VITRINE_LOG_LEVEL", "error");
        command
    }
}

/// More of everything than any run sells.
fn stock(products: u64) -> Result<String> {
    let mut text = "[[locations]]\nid = \"main\"\nname = \"Main\"\npriority = 1\n\n[stock.main]\n".to_owned();
    for number in 0..products {
        for size in ["s", "m", "l"] {
            writeln!(text, "P{number}-{size} = 1000000")?;
        }
    }
    Ok(text)
}
