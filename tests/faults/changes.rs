//! Changes that go on while things break: prices, names, addresses, products that come, go, and are taken back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use toml::{Table, Value};

use crate::content::{Content, tables};
use crate::edits::copy_product;
use crate::scene::Scene;

/// Between two changes.
const PAUSE: Duration = Duration::from_millis(300);

/// The changes, again and again; the number tells which round it is.
const CHANGES: &[fn(&Content, i64)] = &[
    |content, number| price(content, "cloud", "DE", 500 + number),
    |content, number| front(content, "products/drift/de.md", "slug", &format!("drift-{number}")),
    |content, _| fact(content, "products/arc/product.toml", "status", "draft"),
    |content, number| price(content, "terra", "CH", 900 + number),
    // Taken back, as a rule while what it was has not been published everywhere.
    |content, _| fact(content, "products/arc/product.toml", "status", "published"),
    |content, number| front(content, "products/terra/en.md", "title", &format!("Terra {number}")),
    |content, _| copy_product(content, "protector", "newcomer"),
    |content, number| price(content, "cloud", "AE", 2_000 + number),
    |content, _| remove(content, "products/newcomer"),
    |content, number| front(content, "categories/pillows/de.md", "description", &format!("Kissen {number}")),
];

/// A thread that changes the shop and imports each change.
pub(crate) struct Changes {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Changes {
    pub(crate) fn start(scene: &Arc<Scene>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (scene, stopped) = (scene.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let content = Content::new(scene.shop.path("content"));
            let mut made = 0;
            for number in 0.. {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                change(&content, number);
                // While the database is away nobody can write; whoever does tries again.
                while !scene.try_import() && !stopped.load(Ordering::SeqCst) {
                    std::thread::sleep(PAUSE);
                }
                made += 1;
                std::thread::sleep(PAUSE);
            }
            made
        });
        Self { stop, thread }
    }

    /// Ends them; the last is imported. Answers how many there were.
    pub(crate) fn end(self) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

/// Makes one of the changes.
pub(crate) fn change(content: &Content, number: usize) {
    let round = i64::try_from(number / CHANGES.len()).unwrap();
    CHANGES[number % CHANGES.len()](content, round);
}

/// Sets the price of a product's first variant, in whole units of the currency.
pub(crate) fn price(content: &Content, product: &str, country: &str, amount: i64) {
    let file = format!("products/{product}/product.toml");
    let mut table = content.table(&file);
    let prices = tables(&mut table, "variants").remove(0).get_mut("prices").and_then(Value::as_table_mut);
    prices.unwrap().insert(country.to_owned(), Value::Integer(amount));
    content.put_table(&file, &table);
}

/// Sells a product's first variant in one country, and the others nowhere.
pub(crate) fn price_only_in(content: &Content, product: &str, country: &str) {
    let file = format!("products/{product}/product.toml");
    let mut table = content.table(&file);
    table.get_mut("variants").and_then(Value::as_array_mut).unwrap().truncate(1);
    let prices = Table::from_iter([(country.to_owned(), Value::Integer(30))]);
    tables(&mut table, "variants").remove(0).insert("prices".to_owned(), prices.into());
    content.put_table(&file, &table);
}

fn fact(content: &Content, file: &str, key: &str, value: &str) {
    let mut table: Table = content.table(file);
    table.insert(key.to_owned(), value.into());
    content.put_table(file, &table);
}

pub(crate) fn front(content: &Content, file: &str, key: &str, value: &str) {
    let mut text = content.text(file);
    text.front.insert(key.to_owned(), value.into());
    content.put_text(file, &text);
}

fn remove(content: &Content, path: &str) {
    std::fs::remove_dir_all(content.root().join(path)).unwrap();
}
