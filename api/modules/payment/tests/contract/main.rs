//! What every provider does: the test provider, transfer, invoice, and Stripe (localstripe in its place).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod localstripe;
#[path = "../shop/mod.rs"]
mod shop;

use std::sync::Arc;

use async_trait::async_trait;
use shop::{MODULES, Shop, id};
use vitrine_db::testing::for_each_backend;
use vitrine_payment::AttemptState::{
    Authorised, Cancelled, Captured, Failed, PartiallyRefunded, Pending, Refunded, RequiresAction,
};
use vitrine_payment::{
    Capture, Error, FailureCode, Outcome, Provider, RefundState, Standing, Stripe, StripeConfig, TestProvider,
};

/// How a test makes a provider do something.
#[async_trait]
trait Bank: Send + Sync {
    fn name(&self) -> &'static str;
    /// A token that is approved, declined, or needs 3-D Secure.
    async fn token(&self, kind: &str) -> String;
    /// The shopper is recognised, or is not.
    async fn authenticate(&self, shop: &Shop, attempt: &str, recognised: bool);
    /// The provider itself, for messages that come too late.
    fn provider(&self) -> Arc<dyn Provider>;
}

struct TestBank(TestProvider);

#[async_trait]
impl Bank for TestBank {
    fn name(&self) -> &'static str {
        "test"
    }

    async fn token(&self, kind: &str) -> String {
        kind.to_owned()
    }

    async fn authenticate(&self, shop: &Shop, attempt: &str, recognised: bool) {
        assert!(self.0.authenticate(&shop.store, &id(attempt), recognised).await.unwrap());
    }

    fn provider(&self) -> Arc<dyn Provider> {
        Arc::new(self.0.clone())
    }
}

async fn money_is_taken_at_once_or_later(shop: &Shop, bank: &dyn Bank) {
    let token = bank.token("approve").await;
    assert_eq!(shop.pay("auto", bank.name(), Capture::Automatic, &token).await, Captured);
    assert_eq!(shop.sums("auto").await, (5_000, 0, 0));
    assert_eq!(shop.send("auto").await.outcome, Outcome::Same, "sent twice, paid once");

    let token = bank.token("approve").await;
    assert_eq!(shop.pay("manual", bank.name(), Capture::Manual, &token).await, Authorised);
    assert_eq!(shop.sums("manual").await, (0, 0, 0));
    assert!(matches!(shop.capture("manual", 5_001).await, Err(Error::TooMuch { .. })));
    let applied = shop.capture("manual", 3_000).await.unwrap();
    assert_eq!((applied.attempt.state, applied.outcome), (Captured, Outcome::Moved(Authorised)));
    assert_eq!(shop.capture("manual", 3_000).await.unwrap().outcome, Outcome::Same);
    assert!(shop.capture("manual", 5_000).await.is_err(), "another amount");
    assert_eq!(shop.sums("manual").await, (3_000, 0, 0));
}

async fn a_declined_payment_says_why(shop: &Shop, bank: &dyn Bank) {
    let token = bank.token("decline").await;
    assert_eq!(shop.pay("declined", bank.name(), Capture::Automatic, &token).await, Failed);
    let attempt = shop.attempt("declined").await;
    assert_eq!(attempt.failure.unwrap().code, FailureCode::Declined);
    assert_eq!(attempt.captured.minor(), 0);
}

async fn a_shopper_is_recognised_or_not(shop: &Shop, bank: &dyn Bank) {
    for (name, recognised, state) in [("known", true, Captured), ("unknown", false, Failed)] {
        let token = bank.token("three_d_secure").await;
        assert_eq!(shop.pay(name, bank.name(), Capture::Automatic, &token).await, RequiresAction);
        let action = shop.attempt(name).await.action.unwrap();
        assert!(action.redirect.is_some() || action.client_secret.is_some());
        bank.authenticate(shop, name, recognised).await;
        assert_eq!(shop.ask(name).await.attempt.state, state);
        assert_eq!(shop.attempt(name).await.action, None);
    }
    let failure = shop.attempt("unknown").await.failure.unwrap();
    assert_eq!(failure.code, FailureCode::AuthenticationFailed);
}

async fn what_is_given_up_stays_so(shop: &Shop, bank: &dyn Bank) {
    let token = bank.token("approve").await;
    shop.begin("unsent", bank.name(), Capture::Automatic, &token).await;
    assert_eq!(shop.cancel("unsent").await.attempt.state, Cancelled);
    assert_eq!(shop.send("unsent").await.attempt.state, Cancelled, "it is too late to send it");

    let token = bank.token("approve").await;
    assert_eq!(shop.pay("held", bank.name(), Capture::Manual, &token).await, Authorised);
    assert_eq!(shop.cancel("held").await.outcome, Outcome::Moved(Authorised));
    assert_eq!(shop.cancel("held").await.outcome, Outcome::Same);
    assert!(matches!(shop.capture("held", 5_000).await, Err(Error::State { state: Cancelled, .. })));

    // A message that was on its way when the attempt was given up.
    let token = bank.token("three_d_secure").await;
    shop.pay("late", bank.name(), Capture::Automatic, &token).await;
    let sent = shop.attempt("late").await;
    assert_eq!(shop.cancel("late").await.attempt.state, Cancelled);
    let spoken = bank.provider().authorise(&shop.store, &sent).await;
    assert!(
        !matches!(&spoken, Ok((said, _)) if matches!(said.standing, Standing::Captured(_))),
        "{spoken:?}"
    );
    assert_eq!(shop.ask("late").await.attempt.state, Cancelled);

    let token = bank.token("approve").await;
    shop.pay("paid", bank.name(), Capture::Automatic, &token).await;
    let refused = shop.payments.cancel(&shop.store, &id("paid")).await;
    assert!(matches!(refused, Err(Error::State { state: Captured, .. })), "{refused:?}");
}

async fn money_goes_back_once_and_never_more_than_came(shop: &Shop, bank: &dyn Bank) {
    let token = bank.token("approve").await;
    shop.pay("back", bank.name(), Capture::Automatic, &token).await;
    shop.begin_refund("part", "back", 2_000).await.unwrap();
    assert_eq!(shop.sums("back").await, (5_000, 0, 2_000));
    let too_much = shop.begin_refund("more", "back", 3_001).await.unwrap_err().to_string();
    assert_eq!(too_much, "at most 30.00 EUR can be refunded (asked for 30.01 EUR)");
    let applied = shop.send_refund("part").await;
    assert_eq!(applied.attempt.state, PartiallyRefunded);
    assert_eq!(applied.refund.unwrap().state, RefundState::Succeeded);
    assert_eq!(shop.send_refund("part").await.outcome, Outcome::Same);
    shop.begin_refund("part", "back", 2_000).await.unwrap();
    shop.begin_refund("rest", "back", 3_000).await.unwrap();
    assert_eq!(shop.send_refund("rest").await.attempt.state, Refunded);
    assert_eq!(shop.sums("back").await, (5_000, 5_000, 0));
    assert!(matches!(shop.begin_refund("again", "back", 1).await, Err(Error::TooMuch { .. })));
}

async fn it_says_how_things_stand(shop: &Shop, bank: &dyn Bank) {
    let token = bank.token("approve").await;
    shop.begin("asked", bank.name(), Capture::Automatic, &token).await;
    let heard = shop.payments.ask(&shop.store, &id("asked")).await.unwrap();
    assert_eq!(shop::standing(&heard), &Standing::NotSeen);
    shop.payments.authorise(&shop.store, &id("asked")).await.unwrap();
    // The reply was lost with the process that got it.
    assert_eq!(shop.state("asked").await, Pending);
    assert_eq!(shop.ask("asked").await.outcome, Outcome::Moved(Pending));
    assert_eq!(shop.sums("asked").await, (5_000, 0, 0));
}

async fn all(shop: &Shop, bank: &dyn Bank) {
    money_is_taken_at_once_or_later(shop, bank).await;
    a_declined_payment_says_why(shop, bank).await;
    a_shopper_is_recognised_or_not(shop, bank).await;
    what_is_given_up_stays_so(shop, bank).await;
    money_goes_back_once_and_never_more_than_came(shop, bank).await;
    it_says_how_things_stand(shop, bank).await;
    shop.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_provider_keeps_the_contract() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        all(&shop, &TestBank(shop.test.clone())).await;
        for account in shop.test.accounts(&shop.store).await.unwrap() {
            let attempt = shop.attempt(account.attempt.as_str()).await;
            assert_eq!((account.captured, account.refunded), (attempt.captured, attempt.refunded));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_keeps_the_contract() {
    let server = localstripe::Server::start().await;
    for_each_backend(MODULES, async |db| {
        server.forget().await;
        let stripe = Stripe::try_new(StripeConfig {
            secret_key: "sk_test_12345".to_owned().into(),
            webhook_secrets: vec![localstripe::SECRET.to_owned().into()],
            base_url: server.base.clone(),
            return_url: None,
            timeout_ms: StripeConfig::TIMEOUT_MS,
        });
        let stripe = stripe.unwrap();
        let shop = Shop::open(&db, vec![Arc::new(stripe.clone())]);
        let bank = localstripe::StripeBank { server: &server, stripe };
        all(&shop, &bank).await;
        server.webhooks_agree(&shop).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_captured_when_the_money_arrives() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        assert_eq!(shop.pay("transfer", "bank_transfer", Capture::Manual, "").await, Pending);
        assert_eq!(shop.ask("transfer").await.outcome, Outcome::Same);
        assert_eq!(shop.capture("transfer", 5_000).await.unwrap().outcome, Outcome::Moved(Pending));
        assert_eq!(shop.pay("invoice", "invoice", Capture::Manual, "").await, Authorised);
        assert_eq!(shop.capture("invoice", 4_000).await.unwrap().outcome, Outcome::Moved(Authorised));
        assert_eq!(shop.capture("invoice", 4_000).await.unwrap().outcome, Outcome::Same);
        shop.begin_refund("r", "invoice", 4_000).await.unwrap();
        assert_eq!(shop.send_refund("r").await.attempt.state, Refunded);

        assert_eq!(shop.pay("given-up", "bank_transfer", Capture::Manual, "").await, Pending);
        assert_eq!(shop.cancel("given-up").await.attempt.state, Cancelled);
        assert!(matches!(shop.capture("given-up", 5_000).await, Err(Error::State { .. })));
        // Nobody drives to an end what waits for a transfer.
        let since = shop::NOW.plus_ms(shop::MINUTE);
        shop.pay("waits", "bank_transfer", Capture::Manual, "").await;
        assert_eq!(shop.payments.claim_unsettled(since, 10).await.unwrap(), []);
        shop.assert_sound().await;
    })
    .await;
}
