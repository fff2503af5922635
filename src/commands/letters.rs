//! `vitrine letters`: letters that were given up, and another try.

use anyhow::Result;
use clap::{Args, Subcommand};
use vitrine_core::{Clock, SystemClock};
use vitrine_mail::{Deliveries, Pending};

use super::Outcome;
use crate::cli::State;
use crate::config::Config;
use crate::output;
use crate::report::counted;
use crate::shop::Shop;

/// Letters listed at most.
const LISTED: u32 = 50;

/// What can be asked of it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    pub(crate) state: State,
}

/// What is done with letters that were given up.
#[derive(Debug, Subcommand)]
enum Action {
    /// Let letters that were given up be tried again
    Retry {
        /// Only this one
        id: Option<String>,
    },
}

/// Lists them, or lets them be tried again.
pub(crate) async fn run(config: &Config, asked: &Arguments) -> Result<Outcome> {
    let shop = Shop::open(config).await?;
    let store = shop.only_store().await?;
    match &asked.action {
        None => {
            output::line(format_args!(
                "{} given up",
                counted(Deliveries::dead_count(&shop.db).await?, "letter")
            ));
            let dead = Deliveries::dead(&shop.db, &store, LISTED).await?;
            if !dead.is_empty() {
                let rows: Vec<[String; 5]> = dead.iter().map(row).collect();
                output::line("");
                output::line(output::table(&rows));
            }
        }
        Some(Action::Retry { id }) => {
            let done = Deliveries::retry_dead(&shop.db, &store, id.as_deref(), SystemClock.now()).await?;
            output::line(format_args!("{} will be tried again", counted(done, "letter")));
        }
    }
    Ok(Outcome::Done)
}

/// Whoever may read the database may know whom a letter is to.
fn row(one: &Pending) -> [String; 5] {
    [
        one.delivery.name(),
        one.delivery.kind.clone(),
        one.delivery.recipient.clone(),
        format!("try {}", one.attempts),
        one.error.clone().unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use vitrine_core::StoreId;
    use vitrine_mail::Delivery;

    use super::*;

    #[test]
    fn a_row_says_which_letter_to_whom_and_why_not() {
        let delivery = Delivery {
            store: StoreId::try_new("nimbus").unwrap(),
            event: "order_placed o1 2".to_owned(),
            kind: "order_received".to_owned(),
            recipient: "ada@example.com".to_owned(),
        };
        let (name, error) = (delivery.name(), Some("550 no such user".to_owned()));
        let row = row(&Pending { delivery, about: String::new(), attempts: 16, error });
        assert_eq!(row, [name.as_str(), "order_received", "ada@example.com", "try 16", "550 no such user"]);
    }
}
