//! What the outbox is told: a store has a new revision, or somebody asked for a build.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use vitrine_core::{Change, ChangeKind, Country, EntityKind, Reason, Revision, StoreId, Write};
use vitrine_db::{AnyConnection, NewEvent, Outbox, Tx};

use crate::{Error, Stores};

/// Payload of [`Stores::REVISED`] and [`Stores::REQUESTED`]: why pages are to be looked at, and where.
///
/// As JSON: `{"reasons":["catalog_changed"],"countries":["DE"]}`, and `"sweep":true` where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// All reasons there are.
    pub reasons: BTreeSet<Reason>,
    /// Where; empty means in every country of the store.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub countries: BTreeSet<Country>,
    /// Whether every page is compared, not only those that changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sweep: bool,
}

impl Asked {
    /// What changes ask for: all their reasons, and all countries unless each change names those it is seen in.
    pub fn by(changes: &[Change]) -> Self {
        let everywhere = changes.iter().any(|change| change.countries.is_empty());
        let named = changes.iter().filter(|_| !everywhere).flat_map(|change| &change.countries);
        let reasons = changes.iter().map(reason).collect();
        Self { reasons, countries: named.copied().collect(), sweep: false }
    }

    /// A wish for one reason, in these countries or, without any, in all.
    pub fn for_reason(reason: Reason, countries: BTreeSet<Country>) -> Self {
        Self { reasons: BTreeSet::from([reason]), countries, sweep: false }
    }

    /// The same, comparing every page.
    #[must_use]
    pub fn sweeping(self) -> Self {
        Self { sweep: true, ..self }
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// When it is not the JSON of one.
    pub fn parse(payload: &str) -> Result<Self, Error> {
        Ok(serde_json::from_str(payload)?)
    }

    /// The most urgent reason; of equally urgent ones the first.
    pub fn reason(&self) -> Option<Reason> {
        // `max_by_key` takes the last of equals.
        self.reasons.iter().rev().copied().max_by_key(|reason| reason.priority())
    }
}

fn reason(change: &Change) -> Reason {
    match (change.kind, change.entity.kind) {
        (ChangeKind::Availability, _) => Reason::AvailabilityChanged,
        (_, EntityKind::Product | EntityKind::Category | EntityKind::Attribute) => Reason::CatalogChanged,
        _ => Reason::ContentChanged,
    }
}

impl Stores {
    /// Kind of the event that a store has a new revision; its version.
    pub const REVISED: &'static str = "revised";
    /// Kind of the event that a build was asked for although nothing changed; its version is the time, ms UTC.
    pub const REQUESTED: &'static str = "requested";

    /// Asks for storefronts to be looked at; `false` if this id has asked before.
    ///
    /// For the scheduler and for people. Whatever changed is asked for by [`Stores::bump_in`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn request_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &str,
        asked: &Asked,
        write: &Write<'_>,
    ) -> Result<bool, Error> {
        let names: Vec<&str> = asked.countries.iter().map(Country::code).collect();
        let event = NewEvent {
            store,
            id,
            kind: Self::REQUESTED,
            entity: &names.join("+"),
            version: write.at.ms(),
            payload: &serde_json::to_string(asked)?,
            trace: write.trace,
            at: write.at,
        };
        Ok(Outbox::push_in(tx, &event).await?)
    }

    pub(crate) async fn revised_in(
        tx: &mut Tx,
        store: &StoreId,
        revision: Revision,
        asked: &Asked,
        write: &Write<'_>,
    ) -> Result<(), Error> {
        let event = NewEvent {
            store,
            id: &format!("r{revision}"),
            kind: Self::REVISED,
            entity: "store",
            version: revision.0,
            payload: &serde_json::to_string(asked)?,
            trace: write.trace,
            at: write.at,
        };
        Outbox::push_in(tx, &event).await?;
        Ok(())
    }

    /// The countries of a store, in order of their codes; none if there is no such store.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn countries_in(
        connection: &mut AnyConnection,
        store: &StoreId,
    ) -> Result<Vec<Country>, Error> {
        let query = sqlx::query_as("SELECT id FROM store_document WHERE store = $1 AND kind = 'country'");
        let rows: Vec<(String,)> = query.bind(store.as_str()).fetch_all(connection).await?;
        let country = |(id,): (String,)| {
            Country::try_new(&id).map_err(|_| Error::Corrupt { table: "store_document", what: id })
        };
        let mut countries = rows.into_iter().map(country).collect::<Result<Vec<_>, _>>()?;
        countries.sort();
        Ok(countries)
    }
}

#[cfg(test)]
mod tests {
    use vitrine_core::Entity;

    use super::*;

    fn countries(codes: &[&str]) -> BTreeSet<Country> {
        codes.iter().map(|code| Country::try_new(code).unwrap()).collect()
    }

    fn change(kind: EntityKind, change: ChangeKind, codes: &[&str]) -> Change {
        Change::new(Entity::new(kind, "x"), change).within(countries(codes))
    }

    #[test]
    fn every_kind_of_thing_has_its_reason() {
        let of = |kind, what| Asked::by(&[change(kind, what, &[])]).reason().unwrap();
        for kind in [EntityKind::Product, EntityKind::Category, EntityKind::Attribute] {
            assert_eq!(of(kind, ChangeKind::Changed), Reason::CatalogChanged);
        }
        use EntityKind::{Country, Media, Navigation, Page, Redirect, Store, Strings};
        for kind in [Country, Media, Navigation, Page, Redirect, Store, Strings] {
            assert_eq!(of(kind, ChangeKind::Added), Reason::ContentChanged);
        }
        assert_eq!(of(EntityKind::Product, ChangeKind::Price), Reason::CatalogChanged);
        assert_eq!(of(EntityKind::Product, ChangeKind::Availability), Reason::AvailabilityChanged);
    }

    #[test]
    fn countries_are_named_only_if_every_change_names_some() {
        let german = change(EntityKind::Product, ChangeKind::Price, &["DE"]);
        let alpine = change(EntityKind::Product, ChangeKind::Price, &["AT", "CH"]);
        let anywhere = change(EntityKind::Page, ChangeKind::Changed, &[]);
        assert_eq!(Asked::by(&[german.clone(), alpine.clone()]).countries, countries(&["AT", "CH", "DE"]));
        assert_eq!(Asked::by(&[german, anywhere, alpine]).countries, countries(&[]));
    }

    #[test]
    fn the_most_urgent_reason_speaks_for_all() {
        let asked =
            |reasons: &[Reason]| Asked { reasons: reasons.iter().copied().collect(), ..Asked::default() };
        let all = asked(Reason::ALL);
        assert_eq!(all.reason(), Some(Reason::Manual));
        assert_eq!(
            asked(&[Reason::ContentChanged, Reason::CatalogChanged, Reason::Scheduled]).reason(),
            Some(Reason::CatalogChanged)
        );
        assert_eq!(Asked::default().reason(), None);
        let json = r#"{"reasons":["scheduled","theme_changed","availability_changed","catalog_changed","content_changed","manual"]}"#;
        assert_eq!(serde_json::to_string(&all).unwrap(), json);
        assert_eq!(Asked::parse(json).unwrap(), all);
        assert!(Asked::parse(r#"{"reasons":["curiosity"]}"#).is_err());
        let sweep = Asked::for_reason(Reason::Scheduled, countries(&["DE"])).sweeping();
        let json = r#"{"reasons":["scheduled"],"countries":["DE"],"sweep":true}"#;
        assert_eq!(serde_json::to_string(&sweep).unwrap(), json);
        assert_eq!(Asked::parse(json).unwrap(), sweep);
    }
}
