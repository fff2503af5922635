//! The catalog feed: products of another system as lines of JSON (`docs/feed.md`).

mod convert;
mod open;
mod parse;
mod shape;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use vitrine_catalog::{Catalog, CountryFacts};
use vitrine_content::Content;
use vitrine_core::{Origin, StoreId, Timestamp};
use vitrine_db::{Db, Run};
use vitrine_store::{Store, Stores};

use self::open::{Input, next_line, open};
use self::parse::{Facts, Parser};
use self::shape::{FEED, Header, VERSION};
use self::write::Writer;
use crate::error::ImportError;
use crate::import::blocking;
use crate::report::Report;

/// Where a feed comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedSource {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// An http or https address.
    Url(String),
}

impl FeedSource {
    /// `-` is standard input, `http://` and `https://` an address, anything else a file.
    pub fn parse(argument: &str) -> Self {
        match argument {
            "-" => Self::Stdin,
            url if url.starts_with("http://") || url.starts_with("https://") => Self::Url(url.to_owned()),
            path => Self::File(PathBuf::from(path)),
        }
    }
}

impl fmt::Display for FeedSource {
    /// As findings name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Stdin => f.write_str("stdin"),
            Self::Url(url) => f.write_str(url),
        }
    }
}

/// What a feed may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedLimits {
    /// Bytes of the whole feed, unpacked.
    pub bytes: u64,
    /// Bytes of one line.
    pub line_bytes: usize,
    /// Time to connect to an address.
    pub connect: Duration,
    /// Longest silence of an address.
    pub silence: Duration,
}

impl Default for FeedLimits {
    /// 8 GiB, 4 MiB a line, 10 s to connect, 60 s of silence.
    fn default() -> Self {
        Self {
            bytes: 8 << 30,
            line_bytes: 4 << 20,
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(60),
        }
    }
}

/// How a feed is imported.
#[derive(Clone, Debug)]
pub struct FeedOptions {
    /// The store it must be for; without one the header's.
    pub store: Option<StoreId>,
    /// Write over what was edited elsewhere or belongs to another origin.
    pub force: bool,
    /// The time written to the rows.
    pub now: Timestamp,
    /// What it may cost.
    pub limits: FeedLimits,
    /// W3C `traceparent` of what asked for the import; the builds it leads to belong to that trace.
    pub trace: Option<String>,
}

/// Imports a catalog feed line by line in bounded memory; a wrong line is a finding and the others go on.
///
/// # Errors
/// When the feed can't be opened, its header is wrong, it breaks off or grows beyond its limits, the store is unknown,
/// or the database fails.
pub async fn import_feed(db: &Db, source: &FeedSource, options: &FeedOptions) -> Result<Report, ImportError> {
    let name = source.to_string();
    let input = open(source, &options.limits).await?;
    let line_bytes = options.limits.line_bytes;
    let (header, input) = {
        let name = name.clone();
        blocking(move || read_header(&name, input, line_bytes)).await??
    };
    if let Some(store) = options.store.as_ref().filter(|store| **store != header.store) {
        let why = format!("the feed is for store '{}', not '{store}'", header.store);
        return Err(ImportError::FeedHeader { address: name, why });
    }
    let unknown = || ImportError::UnknownStore { store: header.store.to_string() };
    let store = Stores::load(db, &header.store).await?.ok_or_else(unknown)?;
    let facts = facts(db, &store).await?;
    let report = Report::new(header.store.clone(), Stores::revision(db, &header.store).await?);
    let run = Run { origin: Origin::Feed, now: options.now, force: options.force };

    let (sender, mut batches) = mpsc::channel(BATCHES);
    let parser = Parser::new(name.clone(), facts, sender);
    let parsing = tokio::task::spawn_blocking(move || parser.run(input, line_bytes));
    let mut writer = Writer::new(db, name.clone(), run, options.trace.as_deref(), report);
    while let Some(batch) = batches.recv().await {
        writer.write(batch).await?;
    }
    let summary = parsing.await.map_err(|error| ImportError::Stopped { why: error.to_string() })?;
    writer.finish(header.mode, &summary).await?;
    match summary.broken {
        None => Ok(writer.report),
        Some(why) => {
            let taken = writer.report.total();
            let taken = taken.added + taken.changed + taken.unchanged;
            Err(ImportError::FeedBroken { address: name, line: summary.last_line, why, taken })
        }
    }
}

/// Batches that wait for the writer: while one is written the next is read, and memory stays bounded.
const BATCHES: usize = 2;

fn read_header(name: &str, mut input: Input, line_bytes: usize) -> Result<(Header, Input), ImportError> {
    let wrong = |why: String| ImportError::FeedHeader { address: name.to_owned(), why };
    let mut line = Vec::new();
    next_line(&mut *input, &mut line, line_bytes).map_err(|error| wrong(error.to_string()))?;
    let expected = r#"expected {"feed":"vitrine-catalog","version":1,"store":"..","mode":"delta"|"full"}"#;
    let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
    let header: Header = serde_json::from_slice(text)
        .map_err(|error| wrong(format!("{}, {expected}", convert::in_short(&error))))?;
    if header.feed != FEED {
        return Err(wrong(format!("it is no catalog feed (found '{}'), {expected}", header.feed)));
    }
    if header.version != VERSION {
        return Err(wrong(format!("version {} of the feed is unknown (known: {VERSION})", header.version)));
    }
    Ok((header, input))
}

/// What the store has that a feed's items may name.
async fn facts(db: &Db, store: &Store) -> Result<Facts, ImportError> {
    let id = &store.config.id;
    let schema = Catalog::schema(db, id).await?.schema;
    let categories = Catalog::categories(db, id).await?.into_iter();
    let categories = categories.map(|record| (record.category.id, record.category.parent)).collect();
    let media = Content::load(db, id).await?.media.into_keys().collect();
    let countries = store.countries.iter().map(|country| CountryFacts {
        country: country.country,
        currency: country.currency,
        tax_classes: country.tax.rates.keys().cloned().collect(),
        chains: country.locales.iter().map(|edition| store.text_chain(&edition.locale)).collect(),
    });
    let currencies = store.countries.iter().map(|country| (country.country, country.currency)).collect();
    Ok(Facts { schema, categories, countries: countries.collect(), currencies, media })
}
