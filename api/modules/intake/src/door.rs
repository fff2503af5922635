//! The door: deliveries come in, and can be looked at.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use vitrine_core::{Clock, StoreId};
use vitrine_db::Db;
use vitrine_telemetry::{TraceContext, random_u64};

use crate::{Body, Delivery, Error, FetchPolicy, Receipt, Secrets, Source, State, repo, signature};

/// What deliveries are taken, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who may sign, by store; a store without secrets takes no deliveries.
    pub secrets: BTreeMap<StoreId, Secrets>,
    /// What may be fetched.
    pub fetch: FetchPolicy,
    /// Folder for feeds while they are imported; made when it is needed.
    pub spool: PathBuf,
}

/// The module's door; clones are the same.
#[derive(Clone, Debug)]
pub struct Intake {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<Settings>,
    /// Tells this process from others that work on the same tables.
    pub(crate) owner: Arc<str>,
}

impl Intake {
    /// Woken after each commit that stored a delivery.
    pub(crate) const TOPIC: &'static str = "intake";

    /// A door to the deliveries of a database.
    pub fn new(db: Db, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        let owner = format!("{:016x}", random_u64()).into();
        Self { db, clock, settings: Arc::new(settings), owner }
    }

    /// Checks a signed request and stores its delivery; the work is done later, by [`run`](Self::run).
    ///
    /// A delivery that is there already is answered with its state and not done again.
    ///
    /// # Errors
    /// When the signature, its time or the body is wrong, the request is a copy, the id is used for something else,
    /// the address may not be fetched, or the database fails.
    pub async fn receive(
        &self,
        store: &StoreId,
        signature: Option<&str>,
        body: &[u8],
        trace: TraceContext,
    ) -> Result<Receipt, Error> {
        let secrets = self.settings.secrets.get(store).ok_or_else(|| Error::NoSecret(store.clone()))?;
        let now = self.clock.now();
        let (request, until) = signature::verify(secrets, signature, body, now)?;
        let body = Body::parse(body)?;
        if let Source::Feed(address) = &body.source {
            self.settings.fetch.admit(address)?;
        }
        // One transaction: if it does not commit, the sender's next try is no copy.
        let mut tx = self.db.begin().await?;
        if !repo::see_in(&mut tx, store, request, until).await? {
            return Err(Error::Replayed);
        }
        let is_new = repo::insert_in(&mut tx, store, &body, &trace.traceparent(), now).await?;
        let state = match repo::known_in(&mut tx, store, &body.id).await? {
            Some((state, hash)) if hash == body.source.hash().hex() => state,
            Some(_) => return Err(Error::IdReused(body.id)),
            None => State::Received,
        };
        tx.wake(Self::TOPIC);
        tx.commit().await?;
        Ok(Receipt { id: body.id, state, is_new })
    }

    /// Where a delivery stands; `None` if there is none of this id, or it was finished long ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delivery(&self, store: &StoreId, id: &str) -> Result<Option<Delivery>, Error> {
        repo::delivery(&self.db, store, id).await
    }
}
