//! What random edits break, and how it is mended.

use vitrine_core::EntityKind;
use vitrine_import::Report;

use crate::content::Content;

/// Files to restore for the items that an import left out.
pub(crate) fn healable(report: &Report) -> Vec<String> {
    let items = report
        .findings
        .iter()
        .filter(|finding| finding.is_error())
        .filter_map(|finding| finding.item.as_ref());
    let mut paths: Vec<String> = items
        .filter_map(|item| match item.kind {
            EntityKind::Product => Some(format!("products/{}", item.id)),
            EntityKind::Category => Some(format!("categories/{}", item.id)),
            EntityKind::Page => Some(format!("pages/{}", item.id)),
            EntityKind::Navigation => Some("navigation.toml".to_owned()),
            EntityKind::Redirect => Some("redirects.toml".to_owned()),
            EntityKind::Attribute => Some("attributes".to_owned()),
            EntityKind::Strings => Some("strings".to_owned()),
            EntityKind::Media => Some(format!("media/{}", item.id)),
            EntityKind::Store | EntityKind::Country => None,
        })
        .collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// Brings back what the store and its countries need.
pub(crate) fn restore_foundation(content: &Content) {
    content.restore("store.toml");
    for name in content.parked("pages") {
        content.bring_back(&format!("pages/{name}"));
    }
    for file in content.parked("countries") {
        content.bring_back(&format!("countries/{file}"));
    }
    for file in content.files("countries") {
        content.restore(&format!("countries/{file}"));
    }
}
