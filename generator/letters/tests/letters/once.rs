//! Each letter goes out once, whoever is killed, repeated or refused at whichever step.

use std::sync::{Arc, Mutex};

use vitrine_core::Clock as _;
use vitrine_db::testing::for_each_backend;
use vitrine_letters::{Postman, Round};
use vitrine_mail::{Claim, Deliveries};

use crate::shop::{MAIL, MODULES, Mode, Recorder, Shop};

/// Longer than a letter is claimed by a postman who died, ms.
const CLAIM: i64 = 4 * 60_000;
/// Longer than a letter waits after its first failure, ms.
const FIRST_RETRY: i64 = 61_000;

/// Rounds until nothing is due; what they did in all.
async fn rounds(postman: &Postman) -> Round {
    let mut all = Round::default();
    loop {
        let round = postman.round().await.unwrap();
        if round.due == 0 {
            return all;
        }
        all.due += round.due;
        all.sent += round.sent;
        all.failed += round.failed;
    }
}

async fn placed(shop: &Shop) {
    let order = shop.order("DE", "de-DE").await;
    shop.place(&order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_relayed_again_owes_nothing_more() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db).await;
        let mailer = Arc::new(Recorder::default());
        let postman = shop.postman(mailer.clone());
        placed(&shop).await;
        // A relay that dies before its commit owes nothing; the next one does.
        let event = shop.events().await.remove(0);
        let mut tx = db.begin().await.unwrap();
        assert!(vitrine_letters::owe_in(&mut tx, &event, shop.clock.now()).await.unwrap());
        tx.rollback().await.unwrap();
        assert_eq!(rounds(&postman).await, Round::default());
        // It is the same letter before it went out, and after.
        assert_eq!((shop.relay().await, shop.relay().await), (1, 0));
        assert_eq!(rounds(&postman).await, Round { due: 1, sent: 1, failed: 0 });
        assert_eq!(shop.relay().await, 0);
        assert_eq!(rounds(&postman).await, Round::default());
        assert_eq!(mailer.sent().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_postmen_one_takes_a_letter() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db).await;
        let mailer = Arc::new(Recorder::default());
        for _ in 0..12 {
            placed(&shop).await;
        }
        assert_eq!(shop.relay().await, 12);
        let postmen: Vec<_> = (0..4)
            .map(|_| {
                let postman = shop.postman(mailer.clone());
                tokio::spawn(async move { rounds(&postman).await.sent })
            })
            .collect();
        let mut sent = 0;
        for postman in postmen {
            sent += postman.await.unwrap();
        }
        let mut ids = mailer.sent();
        ids.dedup();
        assert_eq!((sent, ids.len(), mailer.sent().len()), (12, 12, 12));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postman_who_dies_on_his_way_is_followed_by_another() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db).await;
        let mailer = Arc::new(Recorder::default());
        placed(&shop).await;
        shop.relay().await;
        // He dies with the claim in his hand.
        let due = Deliveries::due(&db, shop.clock.now(), 10).await.unwrap().remove(0);
        let until = shop.clock.now().plus_ms(CLAIM);
        let claim = Deliveries::claim(&db, &due.delivery, shop.clock.now(), until).await.unwrap();
        assert_eq!(claim, Claim::Yours(1));
        assert_eq!(rounds(&shop.postman(mailer.clone())).await, Round::default());
        shop.clock.advance_ms(CLAIM);
        // The next one dies while the server has the word.
        mailer.set(Mode::Hangs);
        let hanging = shop.postman(mailer.clone());
        let hanging = tokio::spawn(async move { hanging.round().await.map(|_| ()) });
        while !Deliveries::due(&db, shop.clock.now(), 10).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        hanging.abort();
        assert!(hanging.await.unwrap_err().is_cancelled());
        mailer.set(Mode::Takes);
        assert_eq!(rounds(&shop.postman(mailer.clone())).await, Round::default(), "it is still claimed");
        shop.clock.advance_ms(CLAIM);
        assert_eq!(rounds(&shop.postman(mailer.clone())).await, Round { due: 1, sent: 1, failed: 0 });
        shop.clock.advance_ms(CLAIM);
        assert_eq!(rounds(&shop.postman(mailer.clone())).await, Round::default());
        assert_eq!(mailer.sent().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_put_off_waits_and_one_that_is_refused_is_given_up() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db).await;
        let mailer = Arc::new(Recorder::default());
        let postman = shop.postman(mailer.clone());
        placed(&shop).await;
        shop.relay().await;
        mailer.set(Mode::PutsOff);
        assert_eq!(rounds(&postman).await, Round { due: 1, sent: 0, failed: 1 });
        shop.clock.advance_ms(FIRST_RETRY);
        assert_eq!(rounds(&postman).await.failed, 1);
        shop.clock.advance_ms(FIRST_RETRY);
        assert_eq!(rounds(&postman).await.due, 0, "the wait doubles");
        shop.clock.advance_ms(FIRST_RETRY);
        mailer.set(Mode::Takes);
        assert_eq!(rounds(&postman).await.sent, 1);
        assert_eq!(mailer.sent().len(), 1);

        placed(&shop).await;
        shop.relay().await;
        mailer.set(Mode::Refuses);
        assert_eq!(rounds(&postman).await.failed, 1);
        shop.clock.advance_ms(CLAIM);
        mailer.set(Mode::Takes);
        assert_eq!(rounds(&postman).await.due, 0);
        let dead = Deliveries::dead(&db, &shop.store, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert!(dead[0].error.as_ref().unwrap().contains(MAIL), "people who look into it may know");
        assert!(!format!("{:?}", dead[0].delivery).contains(MAIL), "and the log may not");
    })
    .await;
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// On one thread, for a log of its own belongs to a thread.
#[tokio::test]
async fn the_log_names_nobody_and_no_link() {
    for_each_backend(MODULES, async |db| {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        let shop = Shop::open(&db).await;
        let mailer = Arc::new(Recorder::default());
        let postman = shop.postman(mailer.clone());
        let guard = tracing::subscriber::set_default(subscriber);
        for mode in [Mode::Takes, Mode::PutsOff, Mode::Refuses] {
            mailer.set(mode);
            placed(&shop).await;
            shop.relay().await;
            rounds(&postman).await;
        }
        drop(guard);
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        for told in ["a letter went out", "a letter waits", "a letter is given up", "order_received"] {
            assert!(log.contains(told), "{told}\n{log}");
        }
        // Statements of the database are logged without what they are given.
        for private in [MAIL, "shopper@", "Musterstra", "orders/#"] {
            assert!(!log.contains(private), "{private}\n{log}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_about_no_order_owes_nothing() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db).await;
        let order = shop.order("DE", "de-DE").await;
        let amount = serde_json::json!({ "minor": 1, "currency": "EUR" });
        shop.pay("payment_captured", 1, &order, amount.clone()).await;
        let stranger = crate::shop::Ordered {
            id: vitrine_order::OrderId::try_new("somebody-elses").unwrap(),
            number: order.number.clone(),
        };
        shop.pay("payment_failed", 1, &stranger, amount).await;
        assert_eq!(shop.relay().await, 0);
        let mut event = shop.events().await.remove(0);
        event.kind = "payment_failed".to_owned();
        event.payload = "{}".to_owned();
        let mut tx = db.begin().await.unwrap();
        let error = vitrine_letters::owe_in(&mut tx, &event, shop.clock.now()).await.unwrap_err();
        assert!(error.is_of_the_event(), "{error}");
    })
    .await;
}
