//! Attempts under silence, repetition, disorder and races, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod shop;

use shop::{MINUTE, MODULES, NOW, Shop, id, refund_id, write};
use sqlx::Row;
use vitrine_core::{Money, StoreId};
use vitrine_db::testing::for_each_backend;
use vitrine_payment::AttemptState::{
    Authorised, Cancelled, Captured, Created, Failed, PartiallyRefunded, Pending, Refunded, RequiresAction,
    Unknown,
};
use vitrine_payment::{
    AttemptState, Capture, Dispute, Error, FailureCode, Heard, NewAttempt, Outcome, Payments, RefundStanding,
    RefundState, RefundStatement, Said, Source, Standing, Statement, Webhook,
};

fn says(name: &str, standing: Standing) -> Heard {
    let said = Said::Attempt(Statement::of(standing));
    Heard { attempt: id(name), source: Source::Answer, said, raw: "{}".into() }
}

async fn kinds(shop: &Shop) -> Vec<String> {
    let query = sqlx::query("SELECT kind FROM db_outbox WHERE store = $1").bind(shop.store.as_str());
    let rows = query.fetch_all(shop.db.reader()).await.unwrap();
    let mut kinds: Vec<String> = rows.iter().map(|row| row.get("kind")).collect();
    kinds.sort();
    kinds
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_is_begun_once() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        let first = shop.begin("a", "test", Capture::Automatic, "approve").await;
        assert_eq!((first.state, first.reference.as_str()), (Created, "order-1"));
        assert_eq!(shop.begin("a", "test", Capture::Automatic, "approve").await, first);
        let name = id("a");
        let amount = Money::eur(5_000);
        let new = NewAttempt {
            id: &name,
            reference: "order-1",
            provider: "test",
            amount,
            capture: Capture::Automatic,
            token: "approve",
        };
        for other in [
            NewAttempt { amount: Money::eur(5_001), ..new },
            NewAttempt { amount: Money::sek(5_000), ..new },
            NewAttempt { reference: "order-2", ..new },
            NewAttempt { provider: "invoice", ..new },
            NewAttempt { token: "decline", ..new },
            NewAttempt { capture: Capture::Manual, ..new },
        ] {
            assert!(matches!(shop.try_begin(&other).await, Err(Error::AttemptReused(_))), "{other:?}");
        }
        let fresh = id("b");
        let new = NewAttempt { id: &fresh, ..new };
        for (wrong, message) in [
            (NewAttempt { amount: Money::eur(0), ..new }, "amount must be greater than 0 (found 0.00 EUR)"),
            (NewAttempt { provider: "paypal", ..new }, "provider 'paypal' is not set up"),
            (
                NewAttempt { reference: "", ..new },
                "reference must be 1 to 64 characters long, none of them a control character (found 0)",
            ),
        ] {
            assert_eq!(shop.try_begin(&wrong).await.unwrap_err().to_string(), message);
        }
        let mut connection = db.reader().acquire().await.unwrap();
        let all = Payments::attempts_of(&mut connection, &shop.store, "order-1").await.unwrap();
        assert_eq!(all, [first]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_unknown_until_somebody_asks() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        assert_eq!(shop.pay("after", "test", Capture::Automatic, "timeout_after_money").await, Unknown);
        assert_eq!(shop.books("after").await, Some(("captured".into(), 5_000, 0)));
        assert_eq!(shop.ask("after").await.outcome, Outcome::Moved(Unknown));
        assert_eq!(shop.sums("after").await, (5_000, 0, 0));

        assert_eq!(shop.pay("before", "test", Capture::Automatic, "timeout_before_money").await, Unknown);
        let asked = shop.ask("before").await;
        assert_eq!((asked.outcome, asked.attempt.state), (Outcome::Same, Unknown), "it may still come");
        assert_eq!(shop.cancel("before").await.outcome, Outcome::Moved(Unknown));
        assert_eq!(shop.books("before").await, Some(("cancelled".into(), 0, 0)));
        // The message that was lost turns up after all.
        let late = shop.attempt("before").await;
        let late = vitrine_payment::Attempt { token: "approve".into(), ..late };
        let spoken = vitrine_payment::Provider::authorise(&shop.test, &shop.store, &late);
        assert_eq!(spoken.await.unwrap().0.standing, Standing::Cancelled);
        assert_eq!(kinds(&shop).await, ["payment_captured"]);
        let said: Vec<String> = shop
            .payments
            .records(&shop.store, &id("before"))
            .await
            .unwrap()
            .into_iter()
            .map(|record| format!("{} {} {}", record.number, record.source, record.said))
            .collect();
        assert_eq!(said, ["1 reply silent", "2 answer not_seen", "3 reply cancelled"]);
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_come_late_twice_and_in_any_order() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        assert_eq!(shop.pay("late", "test", Capture::Automatic, "webhook_late").await, Pending);
        assert_eq!(shop.deliver().await, []);
        shop.clock.advance_ms(5_000);
        assert_eq!(shop.deliver().await, [Outcome::Moved(Pending)]);

        assert_eq!(shop.pay("twice", "test", Capture::Automatic, "webhook_duplicate").await, Captured);
        assert_eq!(shop.deliver().await, [Outcome::Same, Outcome::Duplicate]);

        assert_eq!(shop.pay("mixed", "test", Capture::Automatic, "webhook_out_of_order").await, Pending);
        assert_eq!(shop.deliver().await, [Outcome::Moved(Pending), Outcome::Stale]);
        for name in ["late", "twice", "mixed"] {
            assert_eq!(shop.sums(name).await, (5_000, 0, 0), "{name}");
        }
        assert_eq!(kinds(&shop).await, ["payment_captured"; 3]);
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_believed_only_if_it_is_signed_and_of_this_store() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        shop.pay("a", "test", Capture::Automatic, "webhook_late").await;
        shop.clock.advance_ms(5_000);
        let sent = shop.test.due_webhooks(10).await.unwrap().remove(0);
        assert_eq!(shop.test.due_webhooks(10).await.unwrap(), [], "each is sent once");
        let now = NOW.plus_ms(5_000);
        let right = Webhook { signature: Some(&sent.signature), body: sent.body.as_bytes(), now };
        let forged = sent.body.replace("5000", "5001");
        for wrong in [
            Webhook { signature: None, ..right },
            Webhook { body: forged.as_bytes(), ..right },
            Webhook { now: now.plus_ms(6 * MINUTE), ..right },
        ] {
            assert!(shop.payments.read_webhook(&shop.store, "test", &wrong).await.is_err());
        }
        let other = StoreId::try_new("other").unwrap();
        assert_eq!(shop.payments.read_webhook(&other, "test", &right).await.unwrap(), None);
        let nobody = shop.payments.read_webhook(&shop.store, "invoice", &right).await;
        assert!(nobody.is_err(), "it sends none");
        // A copy within the window is the same event.
        let heard = shop.payments.read_webhook(&shop.store, "test", &right).await.unwrap().unwrap();
        assert_eq!(shop.apply(&heard).await.outcome, Outcome::Moved(Pending));
        let copy = shop.payments.read_webhook(&shop.store, "test", &right).await.unwrap().unwrap();
        assert_eq!(shop.apply(&copy).await.outcome, Outcome::Duplicate);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_lawful_moves_are_made() {
    let failure = vitrine_payment::Failure { code: FailureCode::Declined, detail: String::new() };
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        let paid = Standing::Captured(Money::eur(5_000));
        // From, what is said, where it leads.
        let moves: &[(AttemptState, Standing, AttemptState)] = &[
            (Authorised, Standing::Pending, Authorised),
            (Authorised, Standing::RequiresAction(Default::default()), Authorised),
            (Authorised, Standing::Failed(failure.clone()), Authorised),
            (Authorised, Standing::Cancelled, Cancelled),
            (Authorised, paid.clone(), Captured),
            (Captured, Standing::Authorised, Captured),
            (Captured, Standing::Cancelled, Captured),
            (Captured, Standing::Failed(failure.clone()), Captured),
            (Captured, Standing::NotSeen, Captured),
            (Cancelled, Standing::Authorised, Cancelled),
            (Cancelled, Standing::Pending, Cancelled),
            (Cancelled, paid.clone(), Captured),
            (Failed, Standing::RequiresAction(Default::default()), Failed),
            (Failed, Standing::Cancelled, Cancelled),
            (Failed, paid.clone(), Captured),
            (Unknown, Standing::NotSeen, Unknown),
            (Unknown, Standing::Authorised, Authorised),
        ];
        for (number, (from, said, to)) in moves.iter().enumerate() {
            let name = format!("m{number}");
            let token = if *from == Failed { "decline" } else { "approve" };
            let token = if *from == Unknown { "timeout_before_money" } else { token };
            let capture = if *from == Captured { Capture::Automatic } else { Capture::Manual };
            shop.pay(&name, "test", capture, token).await;
            if *from == Cancelled {
                shop.cancel(&name).await;
            }
            assert_eq!(shop.state(&name).await, *from, "{name}");
            let applied = shop.apply(&says(&name, said.clone())).await;
            assert_eq!(applied.attempt.state, *to, "{from} {said:?}");
            assert_eq!(matches!(applied.outcome, Outcome::Moved(_)), from != to, "{from} {said:?}");
            assert_eq!(applied.attempt, shop.attempt(&name).await);
        }
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_that_is_not_ours_changes_nothing_and_is_told() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        shop.pay("a", "test", Capture::Automatic, "webhook_late").await;
        let said = |amount: Option<Money>, captured| Heard {
            said: Said::Attempt(Statement {
                standing: Standing::Captured(captured),
                amount,
                provider_ref: None,
            }),
            ..says("a", Standing::Pending)
        };
        for wrong in [
            said(Some(Money::eur(500)), Money::eur(500)),
            said(Some(Money::sek(5_000)), Money::eur(5_000)),
            said(None, Money::eur(5_001)),
            said(None, Money::eur(0)),
            said(None, Money::sek(5_000)),
        ] {
            let applied = shop.apply(&wrong).await;
            assert!(matches!(applied.outcome, Outcome::Mismatch(_)), "{wrong:?}");
            assert_eq!(applied.attempt.state, Pending);
        }
        assert_eq!(shop.payments.records(&shop.store, &id("a")).await.unwrap().len(), 6);
        shop.apply(&said(Some(Money::eur(5_000)), Money::eur(4_000))).await;
        assert_eq!(shop.sums("a").await, (4_000, 0, 0), "a part is lawful");
        let (mut tx, said) = (db.begin().await.unwrap(), says("none", Standing::Pending));
        let now = write();
        let stranger = Payments::apply_in(&mut tx, &shop.store, &said, &now);
        assert!(matches!(stranger.await, Err(Error::UnknownAttempt(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn shop_webhook_and_recovery_complete_together_once() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        shop.begin("a", "test", Capture::Automatic, "webhook_duplicate").await;
        let tasks: Vec<_> = (0..12)
            .map(|hand| {
                let shop = shop.clone();
                tokio::spawn(async move {
                    match hand % 3 {
                        0 => vec![shop.send("a").await.outcome],
                        1 => vec![shop.ask("a").await.outcome],
                        _ => shop.deliver().await,
                    }
                })
            })
            .collect();
        let mut moved = Vec::new();
        for task in tasks {
            let outcomes = task.await.unwrap();
            moved.extend(outcomes.into_iter().filter(|outcome| matches!(outcome, Outcome::Moved(_))));
        }
        assert_eq!(moved, [Outcome::Moved(Pending)]);
        assert_eq!(shop.books("a").await, Some(("captured".into(), 5_000, 0)));
        assert_eq!(kinds(&shop).await, ["payment_captured"]);
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refunds_at_once_never_exceed_what_was_captured() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        shop.pay("a", "test", Capture::Automatic, "approve").await;
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let shop = shop.clone();
                // Each is asked for and sent twice.
                tokio::spawn(async move {
                    let name = format!("r{}", number / 2);
                    if shop.begin_refund(&name, "a", 1_100).await.is_err() {
                        return;
                    }
                    shop.send_refund(&name).await;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(shop.sums("a").await, (4 * 1_250, 4 * 1_100, 0));
        assert_eq!(shop.state("a").await, PartiallyRefunded);
        assert_eq!(shop.books("a").await, Some(("captured".into(), 5_000, 4_400)));
        assert_eq!(kinds(&shop).await.iter().filter(|kind| *kind == "payment_refunded").count(), 4);
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_whose_answer_is_lost_is_sent_again_and_counts_once() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        shop.pay("a", "test", Capture::Automatic, "refund_timeout").await;
        shop.begin_refund("r", "a", 5_000).await.unwrap();
        assert_eq!(shop.send_refund("r").await.refund.unwrap().state, RefundState::Unknown);
        assert_eq!(shop.sums("a").await, (5_000, 0, 5_000));
        let open = shop.payments.claim_open_refunds(NOW.plus_ms(1), 10).await.unwrap();
        assert_eq!(open.len(), 1);
        let done = shop.send_refund(open[0].1.id.as_str()).await;
        assert_eq!((done.attempt.state, done.outcome), (Refunded, Outcome::Refund(RefundState::Unknown)));
        assert_eq!(shop.books("a").await, Some(("captured".into(), 5_000, 5_000)));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_may_fail_late_or_be_made_elsewhere() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        shop.pay("a", "test", Capture::Automatic, "approve").await;
        let said = |name: &str, minor, standing| {
            let statement = RefundStatement {
                id: refund_id(name),
                amount: Money::eur(minor),
                standing,
                provider_ref: Some("re_1".into()),
            };
            Heard { said: Said::Refund(statement), ..says("a", Standing::Pending) }
        };
        shop.begin_refund("r", "a", 2_000).await.unwrap();
        shop.send_refund("r").await;
        let failed = shop.apply(&said("r", 2_000, RefundStanding::Failed("closed account".into()))).await;
        assert_eq!((failed.attempt.state, failed.attempt.refunded.minor()), (Captured, 0));
        assert_eq!(failed.refund.unwrap().failure.as_deref(), Some("closed account"));
        let late = shop.apply(&said("r", 2_000, RefundStanding::Succeeded)).await;
        assert_eq!(late.outcome, Outcome::Stale);
        let wrong = shop.apply(&said("r", 1_999, RefundStanding::Succeeded)).await;
        assert!(matches!(wrong.outcome, Outcome::Mismatch(_)));

        // Somebody pays back in the provider's own pages.
        let foreign = said("stripe-1", 5_000, RefundStanding::Succeeded);
        assert_eq!(shop.apply(&foreign).await.attempt.state, Refunded);
        assert_eq!(shop.apply(&foreign).await.outcome, Outcome::Same);
        let more = shop.apply(&said("stripe-2", 1, RefundStanding::Succeeded)).await;
        assert!(matches!(more.outcome, Outcome::Mismatch(_)));
        assert_eq!(shop.sums("a").await, (5_000, 5_000, 0));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disputes_are_recorded() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        shop.pay("a", "test", Capture::Automatic, "approve").await;
        let dispute = |status: &str| Dispute {
            id: "dp_1".into(),
            amount: Money::eur(5_000),
            reason: "fraudulent".into(),
            status: status.into(),
            opened_at: NOW,
        };
        for (status, told) in [("needs_response", true), ("needs_response", false), ("won", true)] {
            let said = Said::Dispute(dispute(status));
            let applied = shop.apply(&Heard { said, ..says("a", Standing::Pending) }).await;
            assert_eq!(applied.outcome == Outcome::Disputed(dispute(status)), told);
            assert_eq!(applied.attempt.state, Captured);
        }
        assert_eq!(shop.payments.disputes(&shop.store, 10).await.unwrap(), [(id("a"), dispute("won"))]);
        assert_eq!(kinds(&shop).await, ["payment_captured", "payment_disputed", "payment_disputed"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_looked_at_is_claimed_once() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        shop.begin("created", "test", Capture::Automatic, "approve").await;
        shop.pay("silent", "test", Capture::Automatic, "timeout_before_money").await;
        shop.pay("waiting", "test", Capture::Automatic, "three_d_secure").await;
        shop.pay("paid", "test", Capture::Automatic, "approve").await;
        shop.pay("held", "test", Capture::Manual, "approve").await;
        assert_eq!(shop.payments.claim_unsettled(NOW, 10).await.unwrap(), []);
        shop.clock.advance_ms(MINUTE);
        let claim = async || {
            let claimed = shop.payments.claim_unsettled(NOW.plus_ms(1), 10).await.unwrap();
            let mut names: Vec<String> = claimed.into_iter().map(|(_, a)| a.id.to_string()).collect();
            names.sort();
            names
        };
        assert_eq!(claim().await, ["created", "silent", "waiting"]);
        assert_eq!(claim().await, [""; 0]);
        assert_eq!(shop.state("waiting").await, RequiresAction);
    })
    .await;
}
