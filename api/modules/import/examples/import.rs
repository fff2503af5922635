//! Imports a content folder and a feed into a SQLite file, for benches: `import DIR FEED FILE.db`.

use std::path::Path;

use vitrine_core::Timestamp;
use vitrine_db::Db;
use vitrine_import::{
    FeedLimits, FeedOptions, FeedSource, ImportCache, ImportOptions, import_feed, import_folder,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, feed, file] = arguments.as_slice() else {
        return Err("usage: import DIR FEED FILE.db".into());
    };
    let db = Db::open_file(Path::new(file)).await?;
    db.migrate(&[
        &vitrine_db::MODULE,
        &vitrine_store::MODULE,
        &vitrine_catalog::MODULE,
        &vitrine_content::MODULE,
        &vitrine_inventory::MODULE,
        &vitrine_promotion::MODULE,
        &vitrine_delivery::MODULE,
    ])
    .await?;
    let now = Timestamp::parse_rfc3339("2026-11-01")?;
    let media_dir = Path::new(file).with_extension("media");
    let options = ImportOptions { force: false, now, media_dir, required_messages: Vec::new(), trace: None };
    if !folder.is_empty() {
        report(&import_folder(&db, Path::new(folder), &options, &mut ImportCache::default()).await?);
    }
    let options = FeedOptions { store: None, force: false, now, limits: FeedLimits::default(), trace: None };
    if !feed.is_empty() {
        report(&import_feed(&db, &FeedSource::parse(feed), &options).await?);
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the bench reads it")]
fn report(report: &vitrine_import::Report) {
    for finding in report.findings.iter().take(20) {
        println!("{finding}");
    }
    report.notes.iter().for_each(|note| println!("{note}"));
    println!("{report}");
}
