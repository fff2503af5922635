//! Asks for countries to be published, once for a key.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use vitrine_access::Deed;
use vitrine_core::{Country, Reason, Revision};
use vitrine_store::{Asked, Stores, Write};
use vitrine_telemetry::random_u64;

use crate::admin::Work;
use crate::{Code, Problem};

/// What a client may ask for.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = PublishRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// Countries; without, all of the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    countries: Option<Vec<Country>>,
    /// Why, which decides how urgent it is.
    #[serde(default = "manual")]
    reason: Reason,
}

fn manual() -> Reason {
    Reason::Manual
}

/// What was asked for, as the client is told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublishReceipt)]
pub(crate) struct Accepted {
    /// Names the wish in logs.
    id: String,
    /// The store's revision that will be live.
    revision: Revision,
    /// Where.
    countries: Vec<Country>,
}

/// Puts a wish into the outbox; answers what was asked for, and what was done.
///
/// # Errors
/// When the store does not sell in a country, or the database fails.
pub(crate) async fn ask_in(work: &mut Work, wish: &Wish) -> Result<(Accepted, Vec<Deed>), Problem> {
    let store = work.store();
    let revision = Stores::revision_in(&mut work.tx, &store).await?;
    let countries = chosen(&Stores::countries_in(&mut work.tx, &store).await?, wish.countries.as_deref())?;
    let id = format!("publish-{:016x}{:016x}", random_u64(), random_u64());
    // All countries are not named: one that is added meanwhile belongs to them.
    let named = wish.countries.is_some().then(|| countries.iter().copied().collect::<BTreeSet<_>>());
    let asked = Asked::for_reason(wish.reason, named.unwrap_or_default());
    let write = Write::at(work.now).traced(Some(&work.traceparent));
    Stores::request_in(&mut work.tx, &store, &id, &asked, &write).await?;
    let deed = Deed::new("publish_asked", id.as_str(), Value::Null, serde_json::to_value(wish)?);
    Ok((Accepted { id, revision, countries }, vec![deed]))
}

/// The countries meant, each once, in order; all where none is named.
fn chosen(sold: &[Country], named: Option<&[Country]>) -> Result<Vec<Country>, Problem> {
    let wrong = |field: &str, why: String| Problem::new(Code::FieldInvalid).field(field).detail(why);
    let Some(named) = named else { return Ok(sold.to_vec()) };
    if named.is_empty() {
        return Err(wrong("countries", "name a country, or leave the field out for all".to_owned()));
    }
    if let Some(unknown) = named.iter().position(|country| !sold.contains(country)) {
        let codes: Vec<&str> = sold.iter().map(Country::code).collect();
        let why = format!("the store does not sell in {} (allowed: {})", named[unknown], codes.join(", "));
        return Err(wrong(&format!("countries[{unknown}]"), why));
    }
    let named: BTreeSet<Country> = named.iter().copied().collect();
    Ok(named.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn countries(codes: &[&str]) -> Vec<Country> {
        codes.iter().map(|code| Country::try_new(code).unwrap()).collect()
    }

    #[test]
    fn without_names_all_are_meant() {
        let sold = countries(&["AT", "DE"]);
        assert_eq!(chosen(&sold, None), Ok(sold.clone()));
        assert_eq!(chosen(&sold, Some(&countries(&["DE", "AT", "DE"]))), Ok(sold.clone()));
        assert_eq!(chosen(&sold, Some(&countries(&["DE"]))), Ok(countries(&["DE"])));
    }

    #[test]
    fn a_country_that_is_not_sold_in_is_named() {
        let sold = countries(&["AT", "DE"]);
        let wrong = chosen(&sold, Some(&countries(&["DE", "JP"]))).unwrap_err();
        let told = wrong.body(None);
        assert!(
            told.contains("countries[1]") && told.contains("does not sell in JP (allowed: AT, DE)"),
            "{told}"
        );
        assert_eq!(chosen(&sold, Some(&[])).unwrap_err().code(), Code::FieldInvalid);
    }

    #[test]
    fn a_wish_is_manual_unless_it_says_otherwise() {
        let wish: Wish = serde_json::from_str("{}").unwrap();
        assert_eq!((wish.reason, wish.countries), (Reason::Manual, None));
        let wish: Wish = serde_json::from_str(r#"{"reason":"theme_changed"}"#).unwrap();
        assert_eq!(wish.reason, Reason::ThemeChanged);
        assert!(serde_json::from_str::<Wish>(r#"{"country":"DE"}"#).is_err());
    }
}
