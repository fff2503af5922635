//! What is wrong with a content folder as a whole: everything at once, each with its place.

mod addresses;
mod items;
mod labels;
mod links;
mod media;
mod messages;
mod pages;
mod shop;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use vitrine_core::Entity;

use self::shop::Shop;
use crate::error::ImportError;
use crate::report::Finding;
use crate::source::{Folder, ReadCache, read_folder};

/// A message of `strings/` that the theme needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequiredMessage {
    /// Its id, `add_to_cart`.
    pub id: String,
    /// Arguments the theme passes; a message that uses another one is an error.
    #[serde(default)]
    pub arguments: Vec<String>,
}

/// Everything that is wrong with a content folder, in order of files and lines. Writes nothing, needs no database.
///
/// # Errors
/// Only when the folder itself can't be read.
pub fn check_folder(folder: &Path, required: &[RequiredMessage]) -> Result<Vec<Finding>, ImportError> {
    let folder = read_folder(folder, &mut ReadCache::default())?;
    Ok(check(&folder, required, None))
}

/// Products that pages feature and the folder lacks: a feed may have brought them.
pub(crate) fn featured_elsewhere(folder: &Folder) -> BTreeSet<String> {
    let pages = folder.pages.values().filter_map(|parsed| parsed.value.as_ref());
    let featured = pages.flat_map(|page| &page.facts.featured);
    featured.filter(|id| !folder.products.contains_key(*id)).cloned().collect()
}

/// Everything that is wrong with a folder that was read.
///
/// `beyond` are those of [`featured_elsewhere`] that are in the database, if somebody looked.
pub(crate) fn check(
    folder: &Folder,
    required: &[RequiredMessage],
    beyond: Option<BTreeSet<String>>,
) -> Vec<Finding> {
    let mut findings = read_findings(folder);
    if let Some(mut shop) = Shop::new(folder, beyond) {
        items::check(&mut shop);
        labels::check(&mut shop);
        pages::check(&mut shop);
        addresses::check(&mut shop);
        links::check(&mut shop);
        media::check(&mut shop);
        messages::check(&mut shop, required);
        let noise = Noise::of(&findings);
        findings.extend(shop.findings.into_iter().filter(|finding| !noise.covers(finding)));
    }
    findings.sort();
    findings.dedup();
    findings
}

/// What can't be read has been complained about; what follows from that would only be noise.
struct Noise {
    lines: BTreeSet<(String, u32)>,
    files: BTreeSet<String>,
}

impl Noise {
    fn of(findings: &[Finding]) -> Self {
        let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.is_error()).collect();
        Self {
            lines: errors.iter().map(|finding| (finding.file.clone(), finding.line)).collect(),
            files: errors.iter().map(|finding| finding.file.clone()).collect(),
        }
    }

    /// The line is wrong already; or something is missing in a file, where what is missing may be what can't be read.
    fn covers(&self, finding: &Finding) -> bool {
        let is_of_file = (finding.line, finding.column) == (1, 1);
        (is_of_file && self.files.contains(&finding.file))
            || self.lines.contains(&(finding.file.clone(), finding.line))
    }
}

/// The items that errors keep out.
pub(crate) fn broken(findings: &[Finding]) -> BTreeSet<Entity> {
    findings.iter().filter(|finding| finding.is_error()).filter_map(|finding| finding.item.clone()).collect()
}

fn read_findings(folder: &Folder) -> Vec<Finding> {
    let mut findings = folder.strays.clone();
    findings.extend(folder.store.findings.iter().cloned());
    findings.extend(folder.countries.iter().flat_map(|parsed| parsed.findings.iter().cloned()));
    findings.extend(folder.schema.findings.iter().cloned());
    findings.extend(folder.categories.values().flat_map(|parsed| parsed.findings.iter().cloned()));
    findings.extend(folder.products.values().flat_map(|parsed| parsed.findings.iter().cloned()));
    findings.extend(folder.pages.values().flat_map(|parsed| parsed.findings.iter().cloned()));
    findings.extend(folder.navigation.findings.iter().cloned());
    findings.extend(folder.redirects.findings.iter().cloned());
    findings.extend(folder.strings.values().flat_map(|parsed| parsed.findings.iter().cloned()));
    findings.extend(folder.media.values().flat_map(|parsed| parsed.findings.iter().cloned()));
    findings.extend(folder.commerce.findings.iter().cloned());
    findings.extend(folder.alts.values().flat_map(|parsed| parsed.findings.iter().cloned()));
    findings
}
