//! Numbers that the ledger knows editions by.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{Country, Locale, StoreId};
use vitrine_db::Db;

use crate::error::BuildError;

/// Numbers of a store's editions, given once to each country and locale and never reused.
pub(crate) async fn edition_numbers(
    db: &Db,
    store: &StoreId,
    editions: &[(Country, Locale)],
) -> Result<Vec<i64>, BuildError> {
    let read = "SELECT country, locale, edition FROM generator_edition WHERE store = $1";
    let known = |rows: Vec<AnyRow>| -> Result<BTreeMap<(String, String), i64>, BuildError> {
        rows.iter().map(|row| Ok(((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?))).collect()
    };
    let key = |(country, locale): &(Country, Locale)| (country.code().to_owned(), locale.as_str().to_owned());
    let there = known(sqlx::query(read).bind(store.as_str()).fetch_all(db.reader()).await?)?;
    let all: Option<Vec<i64>> = editions.iter().map(|edition| there.get(&key(edition)).copied()).collect();
    if let Some(numbers) = all {
        return Ok(numbers);
    }
    let mut tx = db.begin().await?;
    let mut known = known(sqlx::query(read).bind(store.as_str()).fetch_all(&mut *tx).await?)?;
    let mut next = known.values().max().map_or(0, |last| last + 1);
    let mut numbers = Vec::with_capacity(editions.len());
    for edition in editions {
        let key = key(edition);
        if let Some(number) = known.get(&key) {
            numbers.push(*number);
            continue;
        }
        sqlx::query(
            "INSERT INTO generator_edition (store, country, locale, edition) VALUES ($1, $2, $3, $4)",
        )
        .bind(store.as_str())
        .bind(&key.0)
        .bind(&key.1)
        .bind(next)
        .execute(&mut *tx)
        .await?;
        known.insert(key, next);
        numbers.push(next);
        next += 1;
    }
    tx.commit().await?;
    Ok(numbers)
}

/// The country of every edition that a store has or had, by its number.
pub(crate) async fn countries_of_editions(
    db: &Db,
    store: &StoreId,
) -> Result<BTreeMap<i64, Country>, BuildError> {
    let query = sqlx::query("SELECT edition, country FROM generator_edition WHERE store = $1");
    let rows = query.bind(store.as_str()).fetch_all(db.reader()).await?;
    let country = |row: &AnyRow| {
        let code: &str = row.try_get(1)?;
        let country = Country::try_new(code).map_err(|_| BuildError::State("country"))?;
        Ok((row.try_get(0)?, country))
    };
    rows.iter().map(country).collect()
}

#[cfg(test)]
mod tests {
    use vitrine_db::testing::for_each_backend;

    use super::*;
    use crate::state::MODULE;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_edition_keeps_its_number_whatever_comes_and_goes() {
        for_each_backend(&[&MODULE], async |db| {
            let edition =
                |country, locale| (Country::try_new(country).unwrap(), Locale::try_new(locale).unwrap());
            let numbers = async |store_id, editions: &[(Country, Locale)]| {
                edition_numbers(&db, &StoreId::try_new(store_id).unwrap(), editions).await.unwrap()
            };
            let (de, fr, gb) = (edition("DE", "de"), edition("CH", "fr-CH"), edition("GB", "en-GB"));
            assert_eq!(numbers("a", &[de.clone(), fr.clone()]).await, [0, 1]);
            assert_eq!(numbers("a", std::slice::from_ref(&fr)).await, [1]);
            assert_eq!(numbers("a", &[gb, fr.clone(), de]).await, [2, 1, 0]);
            assert_eq!(numbers("b", std::slice::from_ref(&fr)).await, [0], "another store counts for itself");
        })
        .await;
    }
}
