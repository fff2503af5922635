//! `vitrine token`: who may use the API.

use std::sync::Arc;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use vitrine_access::{Access, NewToken, Scopes, Token};
use vitrine_core::{Clock, StoreId, SystemClock, Timestamp};
use vitrine_store::Stores;

use super::Outcome;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::shop::Shop;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a token and show it, once
    Create {
        /// What somebody will recognise it by: the program that uses it
        #[arg(long)]
        name: String,
        /// What it is for: publish, webhook, status, metrics, stock, prices, promotions, orders, audit; several
        /// with commas
        #[arg(long, value_name = "SCOPES")]
        scope: Scopes,
        /// How long it is valid: hours or days, as 12h or 90d
        #[arg(long, value_name = "TIME", default_value = "90d", value_parser = life_ms)]
        expires: i64,
        #[command(flatten)]
        place: Place,
    },
    /// List the tokens of a store
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// End a token now
    Revoke {
        /// The part between vt_ and the next _
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Whose tokens.
#[derive(Debug, Args)]
struct Place {
    /// Store the token is for [default: the only one]
    #[arg(long, value_name = "ID")]
    store: Option<StoreId>,
    #[command(flatten)]
    state: State,
}

impl Arguments {
    /// Where the shop's state is.
    pub(crate) fn state(&self) -> &State {
        let (What::Create { place, .. } | What::List { place, .. } | What::Revoke { place, .. }) = &self.what;
        &place.state
    }
}

/// Makes, lists or ends tokens.
pub(crate) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let shop = Shop::open(config).await?;
    let clock = Arc::new(SystemClock);
    let now = clock.now();
    let access = Access::new(shop.db.clone(), clock);
    match &asked.what {
        What::Create { name, scope, expires, place } => {
            let new = NewToken { name: name.clone(), scopes: scope.clone(), life_ms: *expires };
            create(&access, &store(&shop, place).await?, &new).await
        }
        What::List { json, place } => list(&access, &store(&shop, place).await?, now, *json).await,
        What::Revoke { id, place } => revoke(&access, &store(&shop, place).await?, id).await,
    }
}

/// The token alone goes to standard output, so that a script can keep it.
async fn create(access: &Access, store: &StoreId, new: &NewToken) -> Result<Outcome> {
    let issued = access.create(store, new).await?;
    let Token { id, scopes, expires_at, .. } = &issued.token;
    output::note(format_args!(
        "token {id} of {store} for {scopes}, until {expires_at}; it is not shown again:"
    ));
    output::line(issued.text.reveal());
    Ok(Outcome::Done)
}

async fn list(access: &Access, store: &StoreId, now: Timestamp, json: bool) -> Result<Outcome> {
    let tokens = access.list(store).await?;
    if json {
        output::json(&tokens)?;
        return Ok(Outcome::Done);
    }
    let head = ["ID", "NAME", "SCOPES", "STATE", "LAST USED"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(tokens.iter().map(|token| row(token, now))).collect();
    output::line(output::table(&rows));
    Ok(Outcome::Done)
}

fn row(token: &Token, now: Timestamp) -> [String; 5] {
    let state = match token.revoked_at {
        Some(at) => format!("revoked {at}"),
        None if token.expires_at <= now => format!("ended {}", token.expires_at),
        None => format!("until {}", token.expires_at),
    };
    let used = token.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    [token.id.clone(), token.name.clone(), token.scopes.to_string(), state, used]
}

async fn revoke(access: &Access, store: &StoreId, id: &str) -> Result<Outcome> {
    if !access.revoke(store, id).await? {
        bail!("{store} has no token '{id}' that could be revoked; vitrine token list shows them");
    }
    output::line(format_args!("token {id} of {store} is revoked"));
    Ok(Outcome::Done)
}

async fn store(shop: &Shop, place: &Place) -> Result<StoreId> {
    let Some(store) = &place.store else { return shop.only_store().await };
    let known = Stores::list_stores(&shop.db).await?;
    if !known.contains(store) {
        let names: Vec<&str> = known.iter().map(StoreId::as_str).collect();
        bail!("no store '{store}' in the database (there: {})", names.join(", "));
    }
    Ok(store.clone())
}

/// Reads `12h` or `90d`, as ms; how long is too long is the module's to say.
fn life_ms(text: &str) -> Result<i64, String> {
    let (number, unit_ms) = match (text.strip_suffix('h'), text.strip_suffix('d')) {
        (Some(hours), _) => (hours, 3_600_000),
        (_, Some(days)) => (days, 86_400_000),
        _ => ("", 0),
    };
    let number: Option<i64> = number.parse::<u32>().ok().map(i64::from);
    number.map(|number| number * unit_ms).ok_or_else(|| "hours or days, as 12h or 90d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_in_hours_or_days() {
        assert_eq!((life_ms("12h"), life_ms("90d")), (Ok(43_200_000), Ok(7_776_000_000)));
        for wrong in ["", "90", "d", "-1d", "1w", "1.5d", "99999999999d"] {
            assert!(life_ms(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_row_says_whether_a_token_opens_anything() {
        let at = Timestamp::from_ms;
        let token = Token {
            id: "0123".into(),
            name: "ci".into(),
            scopes: "publish,status".parse().unwrap(),
            created_at: at(0),
            expires_at: at(86_400_000),
            revoked_at: None,
            last_used_at: None,
        };
        let cells = ["0123", "ci", "publish,status", "until 1970-01-02T00:00:00Z", "never"];
        assert_eq!(row(&token, at(0)), cells.map(str::to_owned));
        assert_eq!(row(&token, at(86_400_000))[3], "ended 1970-01-02T00:00:00Z");
        let revoked = Token { revoked_at: Some(at(0)), last_used_at: Some(at(0)), ..token };
        assert_eq!(row(&revoked, at(0))[3..], ["revoked 1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"]);
    }
}
