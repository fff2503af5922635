//! The postman: takes out the letters that are owed. Any number of them may be at it.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use vitrine_catalog::Catalog;
use vitrine_content::Content;
use vitrine_core::{Clock, StoreId, Timestamp};
use vitrine_db::{Db, Rounds, rounds};
use vitrine_mail::{Address, Claim, Deliveries, Failed, Letter, MailError, Mailer, Pending};
use vitrine_order::Orders;
use vitrine_store::{Store, Stores};
use vitrine_theme::Theme;
use vitrine_theme::views::LetterKind;

use crate::Error;
use crate::about::About;
use crate::view::Facts;
use crate::voice::Voice;

/// How long a letter is claimed, ms: longer than a mailer takes at most, so nobody sends what is still being sent.
const CLAIM_MS: i64 = 3 * 60_000;
/// Letters taken out at once.
const BATCH: u32 = 8;
/// How long letters that are on their way may take when somebody stops it.
const FAREWELL: Duration = Duration::from_secs(10);
const TIDY_EVERY: Duration = Duration::from_secs(60 * 60);
/// How long it is known which letters were sent: longer than their events may come again.
const KEEP_DAYS: i64 = 30;
/// Letters forgotten in one transaction.
const FORGOTTEN_AT_ONCE: u32 = 1_000;
/// The right half of Message-IDs where that of the sender can't be one.
const NO_DOMAIN: &str = "mail.invalid";

/// Gives the theme as it is now.
pub type Themes = Arc<dyn Fn() -> Arc<Theme> + Send + Sync>;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Letters that were due.
    pub due: usize,
    /// Letters that went out.
    pub sent: usize,
    /// Letters that did not; they are tried again or given up.
    pub failed: usize,
}

/// What became of a letter.
enum Taken {
    Sent,
    Failed,
    ByAnother,
}

/// Writes letters and takes them to a mailer. Cheap to clone.
#[derive(Clone)]
pub struct Postman {
    db: Db,
    clock: Arc<dyn Clock>,
    mailer: Arc<dyn Mailer>,
    from: Option<Address>,
    themes: Themes,
}

impl fmt::Debug for Postman {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postman").field("mailer", &self.mailer).finish_non_exhaustive()
    }
}

impl Postman {
    /// A postman. Letters come from `from`, or else from the address that a store's organization has.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        mailer: Arc<dyn Mailer>,
        from: Option<Address>,
        themes: Themes,
    ) -> Self {
        Self { db, clock, mailer, from, themes }
    }

    /// How many letters of all stores were given up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn given_up(db: &Db) -> Result<u64, Error> {
        Ok(Deliveries::dead_count(db).await?)
    }

    /// Takes letters out as they come to be owed, until `stop` ends. A failure is logged and tried again.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let how = Rounds {
            trouble: "letters could not be taken out",
            farewell: FAREWELL,
            wakeups: self.db.wakeups(Deliveries::TOPIC),
            tidy_every: TIDY_EVERY,
        };
        let round = move || async move { self.round().await.map(|round| round.due > 0) };
        rounds(how, stop, round, move || self.tidy(self.clock.now())).await;
    }

    /// Takes out some of the letters that are due now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn round(&self) -> Result<Round, Error> {
        let due = Deliveries::due(&self.db, self.clock.now(), BATCH).await?;
        let mut round = Round { due: due.len(), ..Round::default() };
        let mut under_way = JoinSet::new();
        for pending in due {
            let postman = self.clone();
            under_way.spawn(async move { postman.take_out(&pending).await });
        }
        while let Some(taken) = under_way.join_next().await {
            match taken.unwrap_or_else(|_| Err(Error::Gone("letter"))) {
                Ok(Taken::Sent) => round.sent += 1,
                Ok(Taken::Failed) => round.failed += 1,
                Ok(Taken::ByAnother) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(round)
    }

    /// Claims a letter, sends it, and notes what came of it.
    async fn take_out(&self, pending: &Pending) -> Result<Taken, Error> {
        let (delivery, now) = (&pending.delivery, self.clock.now());
        let claim = match Deliveries::claim(&self.db, delivery, now, now.plus_ms(CLAIM_MS)).await? {
            Claim::Yours(claim) => claim,
            Claim::Sent | Claim::Later(_) | Claim::Dead => return Ok(Taken::ByAnother),
        };
        let (store, kind, event) = (&delivery.store, &delivery.kind, &delivery.event);
        let error = match self.deliver(pending).await {
            Ok(()) => {
                Deliveries::sent(&self.db, delivery, claim, self.clock.now()).await?;
                tracing::info!(%store, kind, event, "a letter went out");
                return Ok(Taken::Sent);
            }
            Err(error) => error,
        };
        // Servers like to repeat whom a letter is to, so their words stand in the database and not in the log.
        let why = match &error {
            MailError::Invalid { field, .. } => field,
            MailError::Transient(_) => "for now",
            MailError::Permanent(_) => "for good",
            MailError::Db(_) => "the database failed",
        };
        match Deliveries::failed(&self.db, delivery, claim, &error, self.clock.now()).await? {
            Failed::RetryAt(at) => tracing::warn!(%store, kind, event, why, retry_at = %at, "a letter waits"),
            Failed::Dead => tracing::error!(%store, kind, event, why, "a letter is given up"),
            Failed::NotYours => return Ok(Taken::ByAnother),
        }
        Ok(Taken::Failed)
    }

    async fn deliver(&self, pending: &Pending) -> Result<(), MailError> {
        let letter = self.write(pending).await.map_err(|error| match error {
            Error::Mail(error) => error,
            Error::Db(error) => MailError::Db(error),
            error if error.is_final() => MailError::Permanent(error.to_string()),
            // Words and templates can be mended.
            error => MailError::Transient(error.to_string()),
        })?;
        self.mailer.send(&letter).await
    }

    /// Writes a letter, as the order and everything around it are now.
    async fn write(&self, pending: &Pending) -> Result<Letter, Error> {
        let delivery = &pending.delivery;
        let kind = LetterKind::parse(&delivery.kind).ok_or_else(|| Error::Kind(delivery.kind.clone()))?;
        let about: About = serde_json::from_str(&pending.about)?;
        let id = &delivery.store;
        let order = Orders::get(&self.db, id, &about.order).await?;
        let goods = Orders::goods(&self.db, id, &about.order).await?;
        let store = Stores::load(&self.db, id).await?.ok_or_else(|| Error::NoStore(id.clone()))?;
        let sources = Content::strings(&self.db, id).await?;
        let schema = Catalog::schema(&self.db, id).await?;

        let country = store.country(order.country);
        let editions = country.map(|country| store.editions_of(country)).unwrap_or_default();
        let locale = &order.contents.locale;
        let edition = editions
            .iter()
            .find(|edition| edition.locale == *locale)
            .or_else(|| editions.iter().find(|edition| edition.locale.language() == locale.language()))
            .or_else(|| editions.first())
            .ok_or_else(|| Error::NoEdition(id.clone()))?;
        // Whoever ordered in a language that the shop has no words in reads the edition's.
        let own = locale.chain().iter().any(|lang| sources.contains_key(lang));
        let locale = if own { locale } else { &edition.locale };
        let chain = store.text_chain(locale);
        let zone = country.map_or("UTC", |country| &country.time_zone);
        let voice = Voice::try_new(locale, &chain, &sources, zone)?;
        let access = self.link(id, &about).await?;
        let facts = Facts {
            kind,
            about: &about,
            store: &store,
            edition,
            locale,
            voice: &voice,
            chain: &chain,
            schema: &schema.texts,
            order: &order,
            goods: &goods,
            access: &access,
        };
        let view = facts.view()?;
        let theme = (self.themes)();
        let words = theme.letter_words(&voice.plain(&theme.messages().letters))?;
        let written = theme.letter(kind, &words, &view)?;
        self.letter(pending, &store, &view.subject, written, about.at)
    }

    /// A link of the letter's own: those that are out there can't be told again.
    async fn link(&self, store: &StoreId, about: &About) -> Result<String, Error> {
        let mut tx = self.db.begin().await?;
        let access = Orders::link_in(&mut tx, store, &about.order, self.clock.now()).await?;
        tx.commit().await.map_err(vitrine_db::DbError::from)?;
        Ok(access.reveal().to_owned())
    }

    fn letter(
        &self,
        pending: &Pending,
        store: &Store,
        subject: &str,
        written: vitrine_theme::Written,
        at: Timestamp,
    ) -> Result<Letter, Error> {
        let (delivery, organization) = (&pending.delivery, &store.config.organization);
        let contact = Address::try_new("organization.email", &organization.email);
        let from = match &self.from {
            Some(from) => from.clone(),
            None => contact.as_ref().cloned().map_err(|_| unusable())?,
        };
        let id = delivery.message_id(from.domain()).or_else(|_| delivery.message_id(NO_DOMAIN))?;
        let from = from.clone().named("name", &store.config.name).unwrap_or(from);
        let to = Address::try_new("recipient", &delivery.recipient)?;
        let letter = Letter::try_new(id, from.clone(), to, subject, written.text, at)?;
        let letter = letter.with_html(written.html)?;
        Ok(match contact {
            Ok(contact) if contact.email() != from.email() => letter.reply_to(contact),
            _ => letter,
        })
    }

    /// Forgets letters that ended long ago; a failure is logged and waits for the next time.
    async fn tidy(&self, now: Timestamp) {
        loop {
            match Deliveries::prune(&self.db, now.plus_days(-KEEP_DAYS), FORGOTTEN_AT_ONCE).await {
                Ok(forgotten) if forgotten >= u64::from(FORGOTTEN_AT_ONCE) => {}
                Ok(_) => return,
                Err(error) => return tracing::warn!(%error, "old letters are not forgotten"),
            }
        }
    }
}

/// The store's address can be mended, so letters wait for it.
fn unusable() -> Error {
    Error::Mail(MailError::Transient("organization.email is no mail address to send from".to_owned()))
}
