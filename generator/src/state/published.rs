//! Reading what is published: ranges of the ledger.

use std::collections::BTreeMap;

use sqlx::Row;
use vitrine_core::Timestamp;
use vitrine_db::{InList, sql};

use super::{Published, Slot, State, parse_hash};
use crate::error::BuildError;
use crate::key::PageKey;

/// Ranges read by one statement: with two parameters each, far below what a statement may have.
const MOST_RANGES: usize = 128;

impl State {
    /// What is published of all pages from `first` to `last`, both counted.
    pub(crate) async fn published(
        &self,
        first: PageKey,
        last: PageKey,
    ) -> Result<BTreeMap<Slot, Published>, BuildError> {
        self.published_of(&[(first, last)], &[]).await
    }

    /// What is published of the pages of some ranges, each with its last page, but for the editions named.
    ///
    /// One statement reads many ranges: a single one costs more than the rows of a page.
    pub(crate) async fn published_of(
        &self,
        ranges: &[(PageKey, PageKey)],
        but_for: &[i64],
    ) -> Result<BTreeMap<Slot, Published>, BuildError> {
        let mut published = BTreeMap::new();
        for ranges in ranges.chunks(MOST_RANGES) {
            // Filled up to a power of two, so that few texts stay prepared; nothing lies in an empty range.
            let width = ranges.len().next_power_of_two();
            let pairs: Vec<String> =
                (0..width).map(|at| format!("(${}, ${})", at * 2 + 3, at * 2 + 4)).collect();
            let others = InList::chunks(but_for).next();
            let here = others
                .map_or_else(String::new, |list| format!("AND l.edition NOT IN {}", list.sql(width * 2 + 3)));
            // The ranges are the outer loop, each a look into the primary key.
            let mut query = sql(format!(
                "WITH wanted (low, high) AS (VALUES {})
                 SELECT l.page, l.edition, l.path, l.fingerprint, l.hash, l.bytes, l.valid_until, l.shape, l.version,
                        l.etag
                 FROM wanted CROSS JOIN generator_ledger l
                 WHERE l.store = $1 AND l.target = $2 AND l.page BETWEEN wanted.low AND wanted.high {here}",
                pairs.join(", ")
            ));
            query = query.bind(self.store.as_str().to_owned()).bind(self.target);
            let empty = std::iter::repeat((1, 0));
            let bounds = ranges.iter().map(|(first, last)| (first.raw(), last.raw())).chain(empty);
            for (low, high) in bounds.take(width) {
                query = query.bind(low).bind(high);
            }
            if let Some(list) = others {
                query = list.bind(query);
            }
            for row in query.fetch_all(self.db.reader()).await? {
                let (slot, row) = published_row(&row)?;
                published.insert(slot, row);
            }
        }
        Ok(published)
    }
}

/// A row of the ledger.
pub(super) fn published_row(row: &sqlx::any::AnyRow) -> Result<(Slot, Published), BuildError> {
    let hash: Option<&str> = row.try_get(4)?;
    let valid_until: Option<i64> = row.try_get(6)?;
    let published = Published {
        path: row.try_get(2)?,
        fingerprint: row.try_get(3)?,
        hash: hash.map(parse_hash).transpose()?,
        bytes: row.try_get(5)?,
        valid_until: valid_until.map(Timestamp::from_ms),
        shape: row.try_get(7)?,
        version: row.try_get(8)?,
        etag: row.try_get(9)?,
    };
    Ok(((PageKey::from_raw(row.try_get(0)?), row.try_get(1)?), published))
}
