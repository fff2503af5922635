//! `vitrine diff`: what a publish would change now, and what it would cost. Nothing of it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use similar::TextDiff;
use vitrine_cdn::{Cost, Limits, Planned, plan};
use vitrine_core::{Country, StoreId};
use vitrine_generator::{JobRequest, PathChange, Preview};
use vitrine_workers::Shops;

use super::Outcome;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::places::Places;
use crate::report::counted;
use crate::shop::{self, Shop};

/// Paths that are listed of a storefront for people; JSON has them all.
const LISTED: usize = 100;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only these countries, as DE FR
    #[arg(value_name = "COUNTRY", value_parser = country)]
    countries: Vec<Country>,
    /// Show the text of at most this many changed pages
    #[arg(long, value_name = "N", default_value_t = 10)]
    text: usize,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

fn country(text: &str) -> Result<Country, String> {
    Country::try_new(&text.to_uppercase()).map_err(|error| error.to_string())
}

/// All that a publish would do, as `--json` prints it.
#[derive(Debug, Default, Serialize)]
struct Found {
    /// Of the database.
    revision: i64,
    storefronts: BTreeMap<Country, Front>,
    /// What countries share: files of the theme and pictures.
    files: Paths,
    /// Pictures among the files whose size is not known yet.
    unencoded: u64,
}

#[derive(Debug, Default, Serialize)]
struct Front {
    /// Nothing is published there until it is resumed.
    held: bool,
    #[serde(flatten)]
    paths: Paths,
    /// What the CDN would be told; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    invalidations: Option<Invalidations>,
}

#[derive(Debug, Default, Serialize)]
struct Paths {
    added: Vec<Entry>,
    changed: Vec<Entry>,
    removed: Vec<Entry>,
    /// Put once more with the bytes they have.
    again: Vec<Entry>,
    uploads: u64,
    upload_bytes: u64,
}

#[derive(Debug, Serialize)]
struct Entry {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    /// Unified, of the first changed pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

#[derive(Debug, Serialize)]
struct Invalidations {
    paths: u64,
    /// Millionths of a US dollar, if the month's free ones are used up.
    microdollars: u64,
}

/// Looks at every place, and prints what was found there.
pub(crate) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let shop = Shop::open(config).await?;
    let store = shop.only_store().await?;
    let places = Places::connect(config, shop.clone(), shop::theme(config)?).await?;
    let found = look(&shop, &store, &places, asked).await?;
    match asked.json {
        true => output::json(&found)?,
        false => output::line(found.shown().trim_end()),
    }
    Ok(Outcome::Done)
}

async fn look(shop: &Shop, store: &StoreId, places: &Places, asked: &Arguments) -> Result<Found> {
    let now = shop::now();
    let mut countries: BTreeSet<Country> = asked.countries.iter().copied().collect();
    if countries.is_empty() {
        let all = vitrine_generator::bare_status(&shop.db, store, now).await?;
        countries.extend(all.iter().map(|one| one.country));
    }
    let mut found = Found::default();
    let mut texts = asked.text;
    for (first, together) in places.together(&countries) {
        let request = JobRequest { countries: together, ..JobRequest::new(places.place_of(first)?, now) };
        let countries = request.countries.clone();
        let preview = places.generator(store).await?.preview(request, texts).await?;
        let shown = preview.by_country.values().flatten().filter(|change| change.texts.is_some()).count();
        texts -= shown.min(texts);
        found.take(preview, &countries, |country| Some(places.cdn(store, country)?.price()));
    }
    Ok(found)
}

impl Found {
    /// Adds what was found at one place.
    fn take(
        &mut self,
        preview: Preview,
        countries: &BTreeSet<Country>,
        price: impl Fn(Country) -> Option<vitrine_cdn::Price>,
    ) {
        self.revision = preview.revision.0;
        for country in countries {
            self.storefronts.entry(*country).or_default().held = preview.held.contains(country);
        }
        for (country, changes) in preview.by_country {
            let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
            let invalidations = price(country).and_then(|price| {
                // What is left of a month's free paths is not known here.
                let limits = Limits { used_paths: price.free_paths, ..Limits::new(price) };
                let Planned::Invalidate { cost, .. } = plan(&paths, &limits) else { return None };
                Some(Invalidations { paths: cost.paths, microdollars: cost.microdollars })
            });
            let front = self.storefronts.entry(country).or_default();
            front.invalidations = invalidations;
            changes.into_iter().for_each(|change| front.paths.add(change));
        }
        self.unencoded += preview.unencoded;
        preview.files.into_iter().for_each(|file| self.files.add(file));
    }

    /// For people.
    fn shown(&self) -> String {
        let mut out = String::new();
        for (country, front) in &self.storefronts {
            let _ = writeln!(out, "{country}: {}", front.summary());
            front.paths.show(&mut out);
        }
        if self.files.uploads > 0 || !self.files.removed.is_empty() {
            let unknown = match self.unencoded {
                0 => String::new(),
                some => format!(", and {} to be encoded", counted(some, "picture")),
            };
            let _ = writeln!(out, "theme and pictures: {}{unknown}", self.files.summary());
            for one in &self.files.removed {
                let _ = writeln!(out, "  - {} {}", one.path, one.sizes());
            }
        }
        out
    }
}

impl Front {
    fn summary(&self) -> String {
        let held = if self.held { "held: nothing is published until it is resumed" } else { "" };
        let paths = match self.paths.is_empty() {
            true if self.held => String::new(),
            true => "nothing would change".to_owned(),
            false => self.paths.summary(),
        };
        let cdn = self.invalidations.as_ref().map(|told| {
            let cost = Cost { paths: told.paths, microdollars: told.microdollars };
            format!("CDN: {cost} at most")
        });
        let parts = [held.to_owned(), paths, cdn.unwrap_or_default()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
    }
}

impl Paths {
    fn add(&mut self, change: PathChange) {
        if let Some(bytes) = change.after {
            self.uploads += 1;
            self.upload_bytes += bytes;
        }
        let list = match (change.before, change.after) {
            _ if change.again => &mut self.again,
            (None, _) => &mut self.added,
            (Some(_), Some(_)) => &mut self.changed,
            (Some(_), None) => &mut self.removed,
        };
        let diff = change.texts.as_ref().and_then(|(before, after)| unified(&change.path, before, after));
        list.push(Entry { path: change.path, before: change.before, after: change.after, diff });
    }

    fn is_empty(&self) -> bool {
        self.uploads == 0 && self.removed.is_empty()
    }

    fn summary(&self) -> String {
        let again = match self.again.len() {
            0 => String::new(),
            some => format!(", {some} put again"),
        };
        format!(
            "{} added, {} changed, {} removed{again}; {}, {} bytes",
            self.added.len(),
            self.changed.len(),
            self.removed.len(),
            counted(self.uploads, "upload"),
            self.upload_bytes
        )
    }

    fn show(&self, out: &mut String) {
        let marked = |mark: char, list: &[Entry]| -> Vec<String> {
            list.iter().map(|one| format!("  {mark} {} {}", one.path, one.sizes())).collect()
        };
        let mut lines = marked('+', &self.added);
        lines.extend(marked('~', &self.changed));
        lines.extend(marked('-', &self.removed));
        lines.extend(marked('=', &self.again));
        for line in lines.iter().take(LISTED) {
            let _ = writeln!(out, "{line}");
        }
        if lines.len() > LISTED {
            let _ = writeln!(out, "  and {} more, which --json lists", lines.len() - LISTED);
        }
        self.changed.iter().filter_map(|one| one.diff.as_deref()).for_each(|diff| out.push_str(diff));
    }
}

impl Entry {
    fn sizes(&self) -> String {
        match (self.before, self.after) {
            (Some(before), Some(after)) => format!("({before} -> {after} bytes)"),
            (Some(bytes), None) | (None, Some(bytes)) => format!("({bytes} bytes)"),
            (None, None) => String::new(),
        }
    }
}

/// The difference of two texts; `None` where one is none.
fn unified(path: &str, before: &[u8], after: &[u8]) -> Option<String> {
    let (before, after) = (std::str::from_utf8(before).ok()?, std::str::from_utf8(after).ok()?);
    let diff = TextDiff::from_lines(before, after);
    Some(diff.unified_diff().header(&format!("a{path}"), &format!("b{path}")).to_string())
}

#[cfg(test)]
mod tests {
    use vitrine_cdn::Price;

    use super::*;

    fn change(path: &str, before: Option<&str>, after: Option<&str>) -> PathChange {
        let size = |text: &str| text.len() as u64;
        let both = before.zip(after).map(|(before, after)| (before.into(), after.into()));
        PathChange {
            path: path.to_owned(),
            before: before.map(size),
            after: after.map(size),
            again: before.is_some() && before == after,
            texts: both.filter(|_| before != after),
        }
    }

    fn found(changes: Vec<PathChange>, held: &[&str]) -> Found {
        let codes = |codes: &[&str]| codes.iter().map(|code| Country::try_new(code).unwrap()).collect();
        let by_country = BTreeMap::from([(Country::try_new("DE").unwrap(), changes)]);
        let preview = Preview { held: codes(held), by_country, ..Preview::default() };
        let mut found = Found::default();
        found.take(preview, &codes(&["DE", "FR"]), |_| Some(Price::CLOUDFRONT));
        found
    }

    #[test]
    fn what_would_be_done_is_listed_with_its_cost_and_the_text_of_changed_pages() {
        let changes = vec![
            change("/de/", Some("a\nb\n"), Some("a\nc\n")),
            change("/de/new/", None, Some("new")),
            change("/de/old/", Some("old!"), None),
            change("/de/doubt/", Some("same"), Some("same")),
        ];
        let shown = found(changes, &["FR"]).shown();
        let expected = "\
DE: 1 added, 1 changed, 1 removed, 1 put again; 3 uploads, 11 bytes; CDN: 4 paths, $0.020 at most
  + /de/new/ (3 bytes)
  ~ /de/ (4 -> 4 bytes)
  - /de/old/ (4 bytes)
  = /de/doubt/ (4 -> 4 bytes)
--- a/de/
+++ b/de/
@@ -1,2 +1,2 @@
 a
-b
+c
FR: held: nothing is published until it is resumed
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_long_list_is_cut_for_people_and_bytes_that_are_no_text_are_told_by_their_size() {
        let many = (0..150).map(|number| change(&format!("/de/{number}/"), None, Some("new"))).collect();
        let shown = found(many, &[]).shown();
        assert!(shown.contains("  and 50 more, which --json lists\n"), "{shown}");
        assert!(shown.ends_with("FR: nothing would change\n"), "{shown}");
        assert_eq!(unified("/a", b"\xff\xd8", b"text"), None);
    }
}
