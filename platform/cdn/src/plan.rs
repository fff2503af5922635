//! What is worth telling a CDN: single addresses, a few wildcards, or for now nothing because it would cost too much.
//!
//! Pure: paths and limits in, a [`Planned`] out.

use std::fmt;

use crate::{Invalidation, address};

/// More paths than this become wildcards: CloudFront works on 15 wildcards at a time.
pub const MOST_PATHS: usize = 15;

/// What a CDN takes for invalidated paths; a wildcard counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Paths a month that cost nothing.
    pub free_paths: u64,
    /// Each further path, in millionths of a US dollar.
    pub microdollars: u64,
}

impl Price {
    /// Of a CDN of one's own.
    pub const NOTHING: Self = Self { free_paths: 0, microdollars: 0 };
    /// Of Amazon CloudFront: 1,000 paths a month, then $0.005 each (<https://aws.amazon.com/cloudfront/pricing/>).
    pub const CLOUDFRONT: Self = Self { free_paths: 1_000, microdollars: 5_000 };

    /// What the first `paths` of a month cost together, in millionths of a dollar.
    pub fn of_month(&self, paths: u64) -> u64 {
        paths.saturating_sub(self.free_paths).saturating_mul(self.microdollars)
    }
}

/// What a plan has to keep within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// More paths than this become wildcards.
    pub most_paths: usize,
    /// What paths cost.
    pub price: Price,
    /// Paths that were invalidated in this month so far.
    pub used_paths: u64,
    /// Paths that may have been invalidated in this month by now ([`Pace::allowed`](crate::Pace::allowed)); `None` is
    /// without an end.
    pub allowed: Option<u64>,
}

impl Limits {
    /// [`MOST_PATHS`], nothing used, any number allowed.
    pub fn new(price: Price) -> Self {
        Self { most_paths: MOST_PATHS, price, used_paths: 0, allowed: None }
    }

    /// Paths that may be told now.
    fn affordable(&self) -> u64 {
        self.allowed.map_or(u64::MAX, |allowed| allowed.saturating_sub(self.used_paths))
    }

    fn cost(&self, paths: usize) -> Cost {
        let paths = u64::try_from(paths).unwrap_or(u64::MAX);
        let after = self.price.of_month(self.used_paths.saturating_add(paths));
        Cost { paths, microdollars: after - self.price.of_month(self.used_paths) }
    }
}

/// What an invalidation takes from a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Paths as the CDN counts them.
    pub paths: u64,
    /// Millionths of a US dollar.
    pub microdollars: u64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Thousandths: half a cent is the smallest price there is.
        let thousandths = self.microdollars.div_ceil(1_000);
        let paths = if self.paths == 1 { "path" } else { "paths" };
        write!(f, "{} {paths}, ${}.{:03}", self.paths, thousandths / 1_000, thousandths % 1_000)
    }
}

/// What to do about changed paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// Tell the CDN this.
    Invalidate {
        /// Covers every given path.
        what: Invalidation,
        /// What it takes.
        cost: Cost,
    },
    /// Not one path may be told now: the paths wait, and what changes meanwhile waits with them.
    Later,
}

/// Plans the invalidation of paths that changed within [`COLLECTED`](crate::COLLECTED).
///
/// Up to `most_paths` they are named one by one. Beyond that, as few as needed are replaced by wildcards on folders
/// they share, innermost folders first; no wildcard is wider than a first folder (`/de/*`), so a site with more
/// editions than `most_paths` may get more. Where fewer are allowed it asks for wildcards earlier, `/*` at last.
pub fn plan(paths: &[impl AsRef<str>], limits: &Limits) -> Planned {
    let mut asked: Vec<String> = paths.iter().map(|path| address::as_asked(path.as_ref())).collect();
    asked.sort_unstable();
    asked.dedup();
    let affordable = usize::try_from(limits.affordable()).unwrap_or(usize::MAX);
    let mut groups = grouped(&asked, limits.most_paths.min(affordable));
    if groups.len() > affordable {
        if affordable == 0 {
            return Planned::Later;
        }
        groups = vec![Group { folder: Some("/"), from: 0, to: asked.len() }];
    }
    let cost = limits.cost(groups.len());
    let mut what = Invalidation::default();
    for group in groups {
        match group.folder {
            Some(folder) => what.prefixes.push(folder.to_owned()),
            None => what.paths.extend(asked[group.from..group.to].iter().cloned()),
        }
    }
    Planned::Invalidate { what, cost }
}

/// Neighbours in the sorted paths that are told as one.
#[derive(Clone, Copy, Debug)]
struct Group<'a> {
    /// `None`: a single path, named as it is.
    folder: Option<&'a str>,
    from: usize,
    to: usize,
}

impl Group<'_> {
    fn size(&self) -> usize {
        self.to - self.from
    }
}

fn singles<'a>(from: usize, to: usize) -> impl Iterator<Item = Group<'a>> {
    (from..to).map(|at| Group { folder: None, from: at, to: at + 1 })
}

fn grouped(paths: &[String], most: usize) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = singles(0, paths.len()).collect();
    let deepest = paths.iter().map(|path| path.matches('/').count()).max().unwrap_or_default();
    for depth in (1..deepest).rev() {
        if groups.len() <= most {
            break;
        }
        groups = merged(paths, &groups, depth, most);
    }
    relaxed(groups, most)
}

/// The first `depth` folders of a path: `/de/p/` is two deep.
fn folder(path: &str, depth: usize) -> Option<&str> {
    path.match_indices('/').nth(depth).map(|(at, _)| &path[..=at])
}

/// Replaces groups by the folders they share at a depth, those with most groups first, until they are few enough.
fn merged<'a>(paths: &'a [String], groups: &[Group<'a>], depth: usize, most: usize) -> Vec<Group<'a>> {
    let shared = |group: &Group<'a>| folder(&paths[group.from], depth);
    let same = |one: &Group<'a>, next: &Group<'a>| shared(one).is_some() && shared(one) == shared(next);
    // Paths are sorted, so that those of a folder are neighbours.
    let mut runs: Vec<&[Group<'a>]> = groups.chunk_by(same).collect();
    let mut order: Vec<usize> = (0..runs.len()).filter(|run| runs[*run].len() > 1).collect();
    order.sort_by_key(|run| std::cmp::Reverse(runs[*run].len()));
    let mut count = groups.len();
    let mut replaced = vec![None; runs.len()];
    for run in order {
        if count <= most {
            break;
        }
        let (first, last) = (runs[run][0], runs[run][runs[run].len() - 1]);
        count -= runs[run].len() - 1;
        replaced[run] = Some(Group { folder: shared(&first), from: first.from, to: last.to });
    }
    let groups = runs.drain(..).zip(&replaced).flat_map(|(run, replaced)| match replaced {
        Some(group) => std::slice::from_ref(group),
        None => run,
    });
    groups.copied().collect()
}

/// Names paths one by one again where there is room: a wide wildcard may have made narrow ones unnecessary.
fn relaxed<'a>(groups: Vec<Group<'a>>, most: usize) -> Vec<Group<'a>> {
    let mut count = groups.len();
    let mut order: Vec<usize> = (0..groups.len()).filter(|at| groups[*at].folder.is_some()).collect();
    order.sort_by_key(|at| groups[*at].size());
    let mut single = vec![false; groups.len()];
    for at in order {
        let grown = count + groups[at].size() - 1;
        if grown <= most {
            count = grown;
            single[at] = true;
        }
    }
    let mut named = Vec::with_capacity(count);
    for (group, single) in groups.into_iter().zip(single) {
        if single {
            named.extend(singles(group.from, group.to));
        } else {
            named.push(group);
        }
    }
    named
}

#[cfg(test)]
mod tests;
