//! What is asked of providers; no transaction is open meanwhile.

use vitrine_core::{Money, StoreId};
use vitrine_db::sql;

use crate::repo::{self, ATTEMPT};
use crate::{
    Attempt, AttemptId, AttemptState, Error, Failure, FailureCode, Heard, Named, Notice, Payments, Provider,
    ProviderError, Said, Source, Spoken, Standing, Statement, Webhook,
};

impl Payments {
    /// Sends an attempt to its provider, once; one that was sent before is asked for instead.
    ///
    /// # Errors
    /// When there is no such attempt or provider, or the database fails. That the provider fails is no error but
    /// something heard.
    pub async fn authorise(&self, store: &StoreId, id: &AttemptId) -> Result<Heard, Error> {
        match self.mark_sent(store, id).await? {
            Some(attempt) => self.send(store, attempt).await,
            None => self.ask(store, id).await,
        }
    }

    /// Sends an attempt that was just marked as sent ([`begin_sent_in`](Self::begin_sent_in)), after the commit.
    ///
    /// # Errors
    /// As [`authorise`](Self::authorise).
    #[tracing::instrument(name = "payment.send", skip_all)]
    pub async fn send(&self, store: &StoreId, attempt: Attempt) -> Result<Heard, Error> {
        let provider = self.provider(&attempt.provider)?;
        let attempt = match self.known_to(provider.as_ref(), store, attempt.clone()).await {
            Ok(attempt) => attempt,
            // No money can have moved yet, whatever the provider made of it.
            Err(Error::Provider(error)) => return Ok(failed(&attempt, &error)),
            Err(error) => return Err(error),
        };
        Ok(match provider.authorise(store, &attempt).await {
            Ok(spoken) => heard(&attempt, Source::Reply, spoken),
            Err(error @ ProviderError::Silent { .. }) => silent(&attempt, &error),
            Err(error) => failed(&attempt, &error),
        })
    }

    /// Takes money that is set aside, or that came in by a transfer; the amount may be less than the attempt's.
    ///
    /// The amount that is asked for first stands. Asking again for the same amount takes it once.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::TooMuch`], [`Error::CaptureAsked`], [`Error::Currency`], [`Error::Amount`];
    /// [`Error::Provider`] if it refuses or can't be reached; or the database fails.
    pub async fn capture(&self, store: &StoreId, id: &AttemptId, amount: Money) -> Result<Heard, Error> {
        let attempt = self.attempt(store, id).await?;
        check_amount(&attempt, amount)?;
        let provider = self.provider(&attempt.provider)?;
        if attempt.state == AttemptState::Captured && attempt.captured == amount {
            return Ok(heard(&attempt, Source::Answer, standing_of(&attempt)));
        }
        let early = if provider.awaits_money() { "'authorised', 'pending'" } else { "'authorised'" };
        // One whose answer is missing may only be asked for again.
        let query = sql(format!(
            "UPDATE payment_attempt SET capture_asked = $1 WHERE store = $2 AND id = $3 AND amount >= $1 \
             AND ((state IN ({early}) AND (capture_asked IS NULL OR capture_asked = $1)) \
             OR (state = 'unknown' AND capture_asked = $1)) RETURNING {ATTEMPT}"
        ));
        let query = query.bind(amount.minor()).bind(store.as_str().to_owned()).bind(id.as_str().to_owned());
        let Some(attempt) = self.update(query).await? else {
            return Err(no_capture(self.attempt(store, id).await?, amount));
        };
        match provider.capture(store, &attempt, amount).await {
            Ok(spoken) => Ok(heard(&attempt, Source::Reply, spoken)),
            Err(error @ ProviderError::Silent { .. }) => Ok(silent(&attempt, &error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives an attempt up for good: once this is heard to be cancelled, no money can move any more.
    ///
    /// If money has moved, that is heard instead.
    ///
    /// # Errors
    /// [`Error::State`] if the money is ours already, so that it must be paid back; [`Error::Provider`] if it
    /// refuses or can't be reached; or the database fails.
    pub async fn cancel(&self, store: &StoreId, id: &AttemptId) -> Result<Heard, Error> {
        // What is marked as sent can't be sent any more, and this was never sent.
        if let Some(attempt) = self.mark_sent(store, id).await? {
            let cancelled = (Statement::of(Standing::Cancelled), "never sent".to_owned());
            return Ok(heard(&attempt, Source::Reply, cancelled));
        }
        let attempt = self.attempt(store, id).await?;
        match attempt.state {
            AttemptState::Cancelled => return Ok(heard(&attempt, Source::Answer, standing_of(&attempt))),
            state @ (AttemptState::Captured | AttemptState::PartiallyRefunded | AttemptState::Refunded) => {
                return Err(Error::State { id: id.clone(), state, what: "cancelled" });
            }
            _ => {}
        }
        let provider = self.provider(&attempt.provider)?;
        let attempt = self.known_to(provider.as_ref(), store, attempt).await?;
        match provider.cancel(store, &attempt).await {
            Ok(spoken) => Ok(heard(&attempt, Source::Reply, spoken)),
            Err(error @ ProviderError::Silent { .. }) => Ok(silent(&attempt, &error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the provider how an attempt stands; moves nothing.
    ///
    /// [`Standing::NotSeen`] does not mean that it won't be: a message may be on its way.
    ///
    /// # Errors
    /// [`Error::Provider`] if it does not say; or there is no such attempt, or the database fails.
    #[tracing::instrument(name = "payment.ask", skip_all)]
    pub async fn ask(&self, store: &StoreId, id: &AttemptId) -> Result<Heard, Error> {
        let attempt = self.attempt(store, id).await?;
        if attempt.state == AttemptState::Created {
            let nothing = (Statement::of(Standing::NotSeen), "never sent".to_owned());
            return Ok(heard(&attempt, Source::Answer, nothing));
        }
        let provider = self.provider(&attempt.provider)?;
        let attempt = self.known_to(provider.as_ref(), store, attempt).await?;
        let spoken = provider.ask(store, &attempt).await?;
        Ok(heard(&attempt, Source::Answer, spoken))
    }

    /// Checks and reads a webhook; `None` if it is right and of no interest, or of no attempt of this store.
    ///
    /// What is heard is not checked for having come before: [`apply_in`](Self::apply_in) does that.
    ///
    /// # Errors
    /// [`Error::NoProvider`], or [`ProviderError::Webhook`] if it is forged, too old or unreadable.
    pub async fn read_webhook(
        &self,
        store: &StoreId,
        provider: &str,
        webhook: &Webhook<'_>,
    ) -> Result<Option<Heard>, Error> {
        let provider = self.provider(provider)?;
        let Some(Notice { attempt, event, said, raw }) = provider.read_webhook(webhook)? else {
            return Ok(None);
        };
        let (column, name) = match attempt {
            Named::Ours(id) => ("id", id.to_string()),
            Named::Theirs(name) => ("provider_ref", name),
        };
        let query = sql(format!(
            "SELECT {ATTEMPT} FROM payment_attempt WHERE store = $1 AND provider = $2 AND {column} = $3"
        ));
        let query = query.bind(store.as_str().to_owned()).bind(provider.name()).bind(name.clone());
        let Some(row) = query.fetch_optional(self.db.reader()).await? else {
            tracing::warn!(provider = provider.name(), name, "a webhook is of no attempt of this store");
            return Ok(None);
        };
        let source = Source::Webhook { provider: provider.name(), event };
        Ok(Some(Heard { attempt: repo::attempt_row(&row)?.id, source, said, raw }))
    }

    /// Marks an attempt as sent; `None` if it was before. Who gets it sends it, nobody else.
    async fn mark_sent(&self, store: &StoreId, id: &AttemptId) -> Result<Option<Attempt>, Error> {
        let now = self.clock.now().ms();
        let query = sql(format!(
            "UPDATE payment_attempt SET state = 'pending', version = version + 1, changed_at = $1, looked_at = $1 \
             WHERE store = $2 AND id = $3 AND state = 'created' RETURNING {ATTEMPT}"
        ));
        self.update(query.bind(now).bind(store.as_str().to_owned()).bind(id.as_str().to_owned())).await
    }

    /// An attempt that the provider knows by a name, which is kept before any money can move.
    async fn known_to(
        &self,
        provider: &dyn Provider,
        store: &StoreId,
        attempt: Attempt,
    ) -> Result<Attempt, Error> {
        if attempt.provider_ref.is_some() {
            return Ok(attempt);
        }
        let Some(name) = provider.prepare(store, &attempt).await? else { return Ok(attempt) };
        let query = sql(format!(
            "UPDATE payment_attempt SET provider_ref = COALESCE(provider_ref, $1) WHERE store = $2 AND id = $3 \
             RETURNING {ATTEMPT}"
        ));
        let query = query.bind(name).bind(store.as_str().to_owned()).bind(attempt.id.as_str().to_owned());
        Ok(self.update(query).await?.unwrap_or(attempt))
    }

    async fn update(&self, query: vitrine_db::Query) -> Result<Option<Attempt>, Error> {
        let mut tx = self.db.begin().await?;
        let row = query.fetch_optional(&mut *tx).await?;
        let attempt = row.as_ref().map(repo::attempt_row).transpose()?;
        tx.commit().await?;
        Ok(attempt)
    }
}

/// Checks an amount against an attempt's currency.
pub(crate) fn check_amount(attempt: &Attempt, amount: Money) -> Result<(), Error> {
    let (expected, found) = (attempt.amount.currency(), amount.currency());
    if expected != found {
        return Err(Error::Currency { expected, found });
    }
    if amount.is_positive() { Ok(()) } else { Err(Error::Amount(amount)) }
}

pub(crate) fn no_capture(attempt: Attempt, asked: Money) -> Error {
    let what = "captured";
    match attempt.capture_asked {
        Some(first) if first != asked => Error::CaptureAsked { id: attempt.id, asked: first },
        _ if attempt.amount.minor() < asked.minor() => Error::TooMuch { what, asked, left: attempt.amount },
        _ => Error::State { id: attempt.id, state: attempt.state, what },
    }
}

fn heard(attempt: &Attempt, source: Source, (statement, raw): Spoken) -> Heard {
    Heard { attempt: attempt.id.clone(), source, said: Said::Attempt(statement), raw }
}

fn silent(attempt: &Attempt, error: &ProviderError) -> Heard {
    tracing::warn!(attempt = %attempt.id, %error, "a payment's state is unknown");
    heard(attempt, Source::Reply, (Statement::of(Standing::Silent), error.to_string()))
}

/// Nothing was sent, or the provider would not have it: no money can have moved.
fn failed(attempt: &Attempt, error: &ProviderError) -> Heard {
    tracing::warn!(attempt = %attempt.id, %error, "a payment was not taken by its provider");
    let code = match error {
        ProviderError::Unreachable { .. } | ProviderError::Silent { .. } => FailureCode::Unavailable,
        _ => FailureCode::InvalidMethod,
    };
    let standing = Standing::Failed(Failure { code, detail: error.to_string() });
    heard(attempt, Source::Reply, (Statement::of(standing), error.to_string()))
}

/// What we know already, as if somebody said it.
pub(crate) fn standing_of(attempt: &Attempt) -> Spoken {
    let standing = match attempt.state {
        AttemptState::Created => Standing::NotSeen,
        AttemptState::Pending | AttemptState::Unknown => Standing::Pending,
        AttemptState::RequiresAction => Standing::RequiresAction(attempt.action.clone().unwrap_or_default()),
        AttemptState::Authorised => Standing::Authorised,
        AttemptState::Captured | AttemptState::PartiallyRefunded | AttemptState::Refunded => {
            Standing::Captured(attempt.captured)
        }
        AttemptState::Cancelled => Standing::Cancelled,
        AttemptState::Failed => Standing::Failed(
            attempt.failure.clone().unwrap_or(Failure { code: FailureCode::Declined, detail: String::new() }),
        ),
    };
    (Statement::of(standing), "as recorded".to_owned())
}
