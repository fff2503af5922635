//! Random edits of a content folder, each of which says what it did.

pub(crate) mod heal;
mod pages;
mod prices;
mod products;
mod shop;
mod texts;
mod tree;

use vitrine_core::Timestamp;

pub(crate) use products::copy_product;

use crate::content::Content;
use crate::random::Random;

/// What edits are made with.
pub(crate) struct Editor {
    pub(crate) random: Random,
    /// The moment of the next build; edits may move it.
    pub(crate) as_of: Timestamp,
    /// How long an hour is, ms: windows of hours end while a test waits where it is short.
    pub(crate) hour_ms: i64,
    /// Addresses that were left: kind, language, slug.
    left: Vec<(&'static str, String, String)>,
    /// Makes new names differ.
    count: usize,
}

/// What was done; `None` if there was nothing to do it to.
type Edit = fn(&mut Editor, &Content) -> Option<String>;

/// All edits; those that reach far or often conflict stand once, the daily ones more often.
const EDITS: &[Edit] = &[
    prices::change,
    prices::change,
    prices::change,
    prices::window,
    prices::window,
    prices::withdraw,
    products::availability,
    products::availability,
    products::status,
    products::publish_time,
    products::publish_time,
    products::countries,
    products::variant_not_in,
    products::add_variant,
    products::remove_variant,
    products::reorder_variants,
    products::related,
    products::related,
    products::media,
    products::places,
    products::places,
    products::add,
    products::remove,
    products::bring_back,
    products::parts,
    products::review,
    products::attribute,
    texts::title,
    texts::title,
    texts::summary,
    texts::rename,
    texts::rename,
    texts::swap,
    texts::reuse,
    texts::reuse,
    texts::layer,
    texts::link,
    texts::link,
    texts::component,
    texts::component,
    texts::cut,
    texts::remove,
    tree::rank,
    tree::parent,
    tree::parent,
    tree::countries,
    tree::picture,
    tree::add,
    tree::remove,
    tree::bring_back,
    pages::add,
    pages::remove,
    pages::bring_back,
    pages::countries,
    pages::facts,
    pages::featured,
    pages::hero,
    shop::navigation,
    shop::navigation,
    shop::string,
    shop::redirect,
    shop::redirect,
    shop::end_redirect,
    shop::delivery,
    shop::legal,
    shop::locale,
    shop::country,
    shop::country_back,
    shop::name,
    shop::alt,
    shop::alt,
    shop::picture,
    shop::remove_picture,
    shop::label,
    Editor::later,
    Editor::later,
    Editor::later,
    Editor::later,
];

impl Editor {
    pub(crate) fn new(seed: u64, as_of: Timestamp) -> Self {
        Self { random: Random::new(seed), as_of, hour_ms: 3_600_000, left: Vec::new(), count: 0 }
    }

    /// Makes one edit that finds something to change.
    pub(crate) fn edit(&mut self, content: &Content) -> String {
        loop {
            let edit = self.random.pick(EDITS).copied();
            if let Some(what) = edit.and_then(|edit| edit(self, content)) {
                return what;
            }
        }
    }

    /// Undoes what keeps an item out of the import: something it names is missing, or it is wrong itself.
    pub(crate) fn heal(&mut self, content: &Content, path: &str) -> String {
        let folders = ["products", "categories", "pages", "media", "countries"];
        let missing: Vec<String> = folders
            .iter()
            .flat_map(|folder| content.parked(folder).into_iter().map(move |name| format!("{folder}/{name}")))
            .collect();
        match self.pick_of(&missing).filter(|_| self.random.chance(60)) {
            Some(missing) => {
                content.bring_back(&missing);
                format!("{missing} is back, for {path}")
            }
            None => {
                content.restore(path);
                format!("{path} is as in the beginning")
            }
        }
    }

    /// A number that was not given before.
    fn fresh(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    fn pick_of<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        self.random.pick(items).cloned()
    }

    fn product(&mut self, content: &Content) -> Option<(String, String)> {
        let id = self.pick_of(&content.ids("products"))?;
        Some((format!("products/{id}/product.toml"), id))
    }

    /// A moment some hours away from the present one, as TOML.
    fn moment(&mut self, from_hours: i64, to_hours: i64) -> toml::Value {
        let hours =
            from_hours + i64::try_from(self.random.next() % (to_hours - from_hours).unsigned_abs()).unwrap();
        let moment = self.as_of.plus_ms(hours * self.hour_ms).to_rfc3339();
        toml::Value::Datetime(moment.parse().unwrap())
    }

    /// Time passes, by minutes or by days.
    fn later(&mut self, _: &Content) -> Option<String> {
        let minutes = match self.random.below(3) {
            0 => 1 + self.random.below(120),
            1 => 60 * (1 + self.random.below(48)),
            _ => 24 * 60 * (1 + self.random.below(6)),
        };
        self.as_of = self.as_of.plus_ms(i64::try_from(minutes).unwrap() * 60_000);
        Some(format!("{minutes} minutes pass, to {}", self.as_of.to_rfc3339()))
    }
}
