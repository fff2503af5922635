//! What a run found, as a table or as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::measure::Cost;
use super::part::{Built, Changes};
use crate::output;

const MIB: f64 = 1_048_576.0;

/// Everything a run found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) products: u32,
    pub(super) countries: u32,
    /// Pages that both sides write; each side's other files are not counted.
    pub(super) pages: u64,
    pub(super) cores: usize,
    pub(super) is_debug: bool,
    pub(super) runs: u32,
    pub(super) prepared: Prepared,
    pub(super) imported: Import,
    pub(super) full: Build,
    pub(super) unchanged: Build,
    pub(super) sweep: Build,
    pub(super) price: Changes,
    pub(super) stock: Changes,
    pub(super) hugo: Option<Peer>,
    pub(super) hugo_absent: Option<String>,
    pub(super) equal: Option<Equal>,
}

/// Making the catalog, and turning it into a folder and a feed.
#[derive(Debug, Serialize)]
pub(super) struct Prepared {
    pub(super) made: Cost,
    pub(super) converted: Cost,
    pub(super) feed_bytes: u64,
}

/// Bringing it into a fresh database.
#[derive(Debug, Serialize)]
pub(super) struct Import {
    pub(super) folder: Cost,
    pub(super) feed: Cost,
}

/// A build in a process of its own.
#[derive(Debug, Serialize)]
pub(super) struct Build {
    pub(super) cost: Cost,
    pub(super) built: Built,
}

/// Hugo's full build.
#[derive(Debug, Serialize)]
pub(super) struct Peer {
    pub(super) version: String,
    pub(super) cost: Cost,
    pub(super) bytes: u64,
}

/// What `compare.py` found.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Equal {
    pub(super) pages: u64,
    pub(super) compared: u64,
    pub(super) equal: u64,
    pub(super) differences: BTreeMap<String, u64>,
    /// Reviews on the compared pages of Hugo and of ours.
    pub(super) reviews: [u64; 2],
    /// Addresses of pictures in `srcset`, likewise.
    pub(super) picture_candidates: [u64; 2],
    pub(super) wrong: Vec<String>,
}

impl Equal {
    /// Whether the two sides' pages say the same.
    pub(super) fn is_proven(&self) -> bool {
        self.wrong.is_empty() && self.equal == self.compared
    }
}

impl Report {
    #[allow(clippy::cast_precision_loss, reason = "counts of a bench")]
    fn row(&self, name: String, cost: Cost, bytes: Option<u64>) -> [String; 7] {
        let pages = self.pages as f64;
        [
            name,
            format!("{:.2}", cost.wall),
            format!("{:.2}", cost.cpu()),
            format!("{:.1}", cost.cpu() * 1e6 / pages),
            format!("{:.0}", pages / cost.wall),
            format!("{:.0}", cost.peak as f64 / 1024.0),
            bytes.map_or_else(String::new, |bytes| format!("{:.0}", bytes as f64 / MIB)),
        ]
    }

    fn rows(&self) -> Vec<[String; 7]> {
        let head = ["", "wall s", "CPU s", "CPU us/page", "pages/s", "peak MiB", "MiB written"];
        let mut rows = vec![head.map(str::to_owned)];
        let named = |name: &str| name.to_owned();
        let mut push = |name: String, cost, bytes| rows.push(self.row(name, cost, bytes));
        push(named("catalog made (Python)"), self.prepared.made, None);
        push(
            named("folder and feed made of it (Python)"),
            self.prepared.converted,
            Some(self.prepared.feed_bytes),
        );
        push(named("folder imported"), self.imported.folder, None);
        push(named("feed imported"), self.imported.feed, None);
        for (name, build) in [
            ("full build", &self.full),
            ("nothing changed", &self.unchanged),
            ("nothing changed, all compared", &self.sweep),
        ] {
            push(named(name), build.cost, Some(build.built.bytes));
        }
        if let Some(hugo) = &self.hugo {
            push(format!("Hugo {}, full build", hugo.version), hugo.cost, Some(hugo.bytes));
        }
        rows
    }

    fn changes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named =
            [("a price in one country", &self.price), ("a stock state in all countries", &self.stock)];
        for (name, changes) in named {
            let Changes { count, p50, p95, cpu, written } = changes;
            let cpu = cpu.map_or_else(|| "unknown".to_owned(), |cpu| format!("{cpu:.1} ms"));
            write!(f, "\n{name}, from commit to bytes in place ({count} changes in a running process): ")?;
            write!(f, "p50 {p50:.1} ms, p95 {p95:.1} ms, CPU {cpu}, {written:.1} files written")?;
        }
        Ok(())
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of a bench")]
    fn ratio(&self, hugo: &Peer, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = self.full.cost;
        write!(
            f,
            "\nHugo / Vitrine: CPU {:.1}, wall {:.1}, peak {:.1}",
            hugo.cost.cpu() / ours.cpu(),
            hugo.cost.wall / ours.wall,
            hugo.cost.peak as f64 / ours.peak as f64
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { products, countries, pages, cores, runs, .. } = self;
        writeln!(
            f,
            "{products} products, {countries} countries, {pages} pages; {cores} cores, middle of {runs}"
        )?;
        if self.is_debug {
            writeln!(f, "This is a debug build: its figures mean nothing.")?;
        }
        write!(f, "{}", output::table(&self.rows()))?;
        self.changes(f)?;
        match (&self.hugo, &self.hugo_absent) {
            (Some(hugo), _) => self.ratio(hugo, f)?,
            (None, absent) => write!(f, "\nwithout Hugo: {}", absent.as_deref().unwrap_or("unknown"))?,
        }
        if let Some(equal) = &self.equal {
            let Equal { pages, compared, equal, reviews, picture_candidates, wrong, .. } = equal;
            write!(f, "\n{equal} of {compared} compared pages say the same on both sides ({pages} pages)")?;
            let [theirs, ours] = reviews;
            let [others, own] = picture_candidates;
            write!(
                f,
                "\n  reviews on them: Hugo {theirs}, Vitrine {ours}; picture addresses: Hugo {others}, Vitrine {own}"
            )?;
            for wrong in wrong {
                write!(f, "\n  {wrong}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(hugo: Option<Peer>) -> Report {
        let cost = Cost { wall: 2.0, user: 0.75, system: 0.25, peak: 102_400 };
        let build = || Build { cost, built: Built { bytes: 5 << 20, ..Built::default() } };
        Report {
            products: 1000,
            countries: 10,
            pages: 10_000,
            cores: 2,
            is_debug: false,
            runs: 1,
            prepared: Prepared { made: cost, converted: cost, feed_bytes: 0 },
            imported: Import { folder: cost, feed: cost },
            full: build(),
            unchanged: build(),
            sweep: build(),
            price: Changes::default(),
            stock: Changes::default(),
            hugo_absent: hugo.is_none().then(|| "no network".to_owned()),
            hugo,
            equal: None,
        }
    }

    #[test]
    fn figures_are_for_a_page_and_a_second() {
        let text = report(None).to_string();
        let line = text.lines().find(|line| line.contains("full build")).unwrap();
        let cells: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(cells, ["full", "build", "2.00", "1.00", "100.0", "5000", "100", "5"]);
        assert!(text.ends_with("without Hugo: no network"), "{text}");
    }

    #[test]
    fn the_ratio_says_how_many_times_less_is_used() {
        let cost = Cost { wall: 20.0, user: 12.0, system: 3.0, peak: 1_024_000 };
        let text = report(Some(Peer { version: "v1".into(), cost, bytes: 0 })).to_string();
        assert!(text.contains("Hugo / Vitrine: CPU 15.0, wall 10.0, peak 10.0"), "{text}");
    }

    #[test]
    fn one_differing_page_is_no_proof() {
        let equal = |equal, wrong: &[&str]| Equal {
            pages: 9,
            compared: 9,
            equal,
            differences: BTreeMap::new(),
            reviews: [0; 2],
            picture_candidates: [0; 2],
            wrong: wrong.iter().map(|text| (*text).to_owned()).collect(),
        };
        assert!(equal(9, &[]).is_proven());
        assert!(!equal(8, &[]).is_proven() && !equal(9, &["/de/x: only Hugo has it"]).is_proven());
    }
}
