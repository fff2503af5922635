//! What a run found, as a table or as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::catalog::{Imported, Prepared};
use super::measure::{Cost, Machine};
use super::part::Built;
use crate::output;

const MIB: f64 = 1_048_576.0;

/// Everything a run found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) products: u32,
    pub(super) countries: u32,
    /// Pages that both sides write; each side's other files are not counted.
    pub(super) pages: u64,
    pub(super) machine: Machine,
    pub(super) runs: u32,
    pub(super) prepared: Prepared,
    pub(super) imported: Imported,
    pub(super) full: Build,
    pub(super) unchanged: Build,
    pub(super) sweep: Build,
    pub(super) hugo: Option<Peer>,
    pub(super) hugo_absent: Option<String>,
    pub(super) equal: Option<Equal>,
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
    fn row(&self, name: String, cost: Cost, files: Option<u64>, bytes: Option<u64>) -> [String; 8] {
        let pages = self.pages as f64;
        [
            name,
            format!("{:.2}", cost.wall),
            format!("{:.2}", cost.cpu()),
            format!("{:.1}", cost.cpu() * 1e6 / pages),
            format!("{:.0}", pages / cost.wall),
            format!("{:.0}", cost.peak as f64 / 1024.0),
            files.map_or_else(String::new, |files| files.to_string()),
            bytes.map_or_else(String::new, |bytes| format!("{:.0}", bytes as f64 / MIB)),
        ]
    }

    fn rows(&self) -> Vec<[String; 8]> {
        let head = ["", "wall s", "CPU s", "CPU us/page", "pages/s", "peak MiB", "files", "MiB written"];
        let mut rows = vec![head.map(str::to_owned)];
        let named = |name: &str| name.to_owned();
        let mut push = |name: String, cost, files, bytes| rows.push(self.row(name, cost, files, bytes));
        push(named("catalog made (Python)"), self.prepared.made, None, None);
        push(
            named("folder and feed made of it (Python)"),
            self.prepared.converted,
            None,
            Some(self.prepared.feed_bytes),
        );
        push(named("folder imported"), self.imported.folder, None, None);
        push(named("feed imported"), self.imported.feed, None, None);
        for (name, build) in [
            ("full build", &self.full),
            ("nothing changed", &self.unchanged),
            ("nothing changed, all compared", &self.sweep),
        ] {
            push(named(name), build.cost, Some(build.built.written), Some(build.built.bytes));
        }
        if let Some(hugo) = &self.hugo {
            push(format!("Hugo {}, full build", hugo.version), hugo.cost, None, Some(hugo.bytes));
        }
        rows
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
        let Self { products, countries, pages, machine, runs, .. } = self;
        writeln!(
            f,
            "{products} products, {countries} countries, {pages} pages; middle of {runs}; {machine}"
        )?;
        write!(f, "{}", output::table(&self.rows()))?;
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
            machine: Machine { cores: 2, is_debug: false },
            runs: 1,
            prepared: Prepared { made: cost, converted: cost, feed_bytes: 0 },
            imported: Imported { folder: cost, feed: cost },
            full: build(),
            unchanged: build(),
            sweep: build(),
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
        assert_eq!(cells, ["full", "build", "2.00", "1.00", "100.0", "5000", "100", "0", "5"]);
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
