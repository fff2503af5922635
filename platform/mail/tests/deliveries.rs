//! Each letter once, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use vitrine_core::{StoreId, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_mail::{Claim, Deliveries, Delivery, Failed, MODULE, MailError};

const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);
const MINUTE: i64 = 60_000;

fn delivery(store: &str, event: &str, kind: &str, recipient: &str) -> Delivery {
    let store = StoreId::try_new(store).unwrap();
    Delivery { store, event: event.into(), kind: kind.into(), recipient: recipient.into() }
}

fn received() -> Delivery {
    delivery("nimbus", "evt-1", "order_received", "ada@example.com")
}

fn later() -> MailError {
    MailError::Transient("451 try again".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_come_together_one_sends() {
    for_each_backend(&[&MODULE], async |db| {
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    Deliveries::claim(&db, &received(), NOW, NOW.plus_ms(MINUTE)).await.unwrap()
                })
            })
            .collect();
        let mut yours = 0;
        for task in tasks {
            match task.await.unwrap() {
                Claim::Yours(1) => yours += 1,
                Claim::Later(until) => assert_eq!(until, NOW.plus_ms(MINUTE)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(yours, 1);
        assert!(Deliveries::sent(&db, &received(), 1, NOW).await.unwrap());
        let again = Deliveries::claim(&db, &received(), NOW.plus_days(1), NOW.plus_days(2)).await.unwrap();
        assert_eq!(again, Claim::Sent);
        for other in [
            delivery("other", "evt-1", "order_received", "ada@example.com"),
            delivery("nimbus", "evt-2", "order_received", "ada@example.com"),
            delivery("nimbus", "evt-1", "shipped", "ada@example.com"),
            delivery("nimbus", "evt-1", "order_received", "bob@example.com"),
        ] {
            let claim = Deliveries::claim(&db, &other, NOW, NOW.plus_ms(MINUTE)).await.unwrap();
            assert_eq!(claim, Claim::Yours(1), "{other:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_died_is_replaced_and_its_word_no_longer_counts() {
    for_each_backend(&[&MODULE], async |db| {
        let claim = async |at| Deliveries::claim(&db, &received(), at, at.plus_ms(MINUTE)).await.unwrap();
        assert_eq!(claim(NOW).await, Claim::Yours(1));
        assert_eq!(Deliveries::due(&db, NOW.plus_ms(MINUTE - 1), 10).await.unwrap(), []);
        let due = Deliveries::due(&db, NOW.plus_ms(MINUTE), 10).await.unwrap();
        assert_eq!(due.iter().map(|p| (&p.delivery, p.attempts)).collect::<Vec<_>>(), [(&received(), 1)]);
        assert_eq!(claim(NOW.plus_ms(MINUTE)).await, Claim::Yours(2));
        assert!(!Deliveries::sent(&db, &received(), 1, NOW.plus_ms(MINUTE)).await.unwrap());
        let failed = Deliveries::failed(&db, &received(), 1, &later(), NOW.plus_ms(MINUTE)).await.unwrap();
        assert_eq!(failed, Failed::NotYours);
        assert!(Deliveries::sent(&db, &received(), 2, NOW.plus_ms(MINUTE)).await.unwrap());
        assert!(!Deliveries::sent(&db, &received(), 2, NOW.plus_ms(MINUTE)).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_do_later_is_tried_again_until_it_is_given_up() {
    for_each_backend(&[&MODULE], async |db| {
        let mut at = NOW;
        let mut tries = 0;
        loop {
            let claim = Deliveries::claim(&db, &received(), at, at.plus_ms(MINUTE)).await.unwrap();
            let Claim::Yours(number) = claim else { panic!("{claim:?}") };
            tries += 1;
            assert_eq!(number, tries);
            match Deliveries::failed(&db, &received(), number, &later(), at).await.unwrap() {
                Failed::RetryAt(next) => {
                    assert!(next > at);
                    let early = Deliveries::claim(&db, &received(), next.plus_ms(-1), next).await.unwrap();
                    assert_eq!(early, Claim::Later(next));
                    assert_eq!(Deliveries::due(&db, next, 10).await.unwrap().len(), 1);
                    at = next;
                }
                Failed::Dead => break,
                Failed::NotYours => panic!("nobody else is here"),
            }
        }
        assert_eq!(tries, 16);
        let claim = Deliveries::claim(&db, &received(), at.plus_days(9), at.plus_days(10)).await.unwrap();
        assert_eq!(claim, Claim::Dead);
        let dead = Deliveries::dead(&db, &received().store, 10).await.unwrap();
        assert_eq!(dead[0].error.as_deref(), Some("mail can't be sent now: 451 try again"));
        assert_eq!(Deliveries::due(&db, at.plus_days(9), 10).await.unwrap(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_given_up_at_once() {
    for_each_backend(&[&MODULE], async |db| {
        let claim = async |at| Deliveries::claim(&db, &received(), at, at.plus_ms(MINUTE)).await.unwrap();
        assert_eq!(claim(NOW).await, Claim::Yours(1));
        let never = MailError::Permanent("550 no such user".into());
        assert_eq!(Deliveries::failed(&db, &received(), 1, &never, NOW).await.unwrap(), Failed::Dead);
        assert_eq!(claim(NOW.plus_days(1)).await, Claim::Dead);
        assert_eq!(Deliveries::prune(&db, NOW, 10).await.unwrap(), 0);
        assert_eq!(Deliveries::prune(&db, NOW.plus_ms(1), 10).await.unwrap(), 1);
        assert_eq!(claim(NOW.plus_days(1)).await, Claim::Yours(1), "nobody remembers");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_tried_again_if_somebody_says_so() {
    for_each_backend(&[&MODULE], async |db| {
        let letters =
            ["nimbus", "nimbus", "nimbus", "other"].into_iter().zip(["evt-1", "evt-2", "evt-3", "evt-1"]);
        let letters: Vec<Delivery> =
            letters.map(|(store, event)| delivery(store, event, "shipped", "ada@example.com")).collect();
        let never = MailError::Permanent("550 no such user".into());
        for letter in &letters {
            Deliveries::claim(&db, letter, NOW, NOW.plus_ms(MINUTE)).await.unwrap();
            Deliveries::failed(&db, letter, 1, &never, NOW).await.unwrap();
        }
        assert_eq!(Deliveries::dead_count(&db).await.unwrap(), 4);
        let (store, name) = (letters[0].store.clone(), letters[1].name());
        let retry = async |name: Option<&str>| Deliveries::retry_dead(&db, &store, name, NOW).await.unwrap();
        assert_eq!(
            [retry(Some("none")).await, retry(Some(&name)).await, retry(Some(&name)).await],
            [0, 1, 0]
        );
        let due = Deliveries::due(&db, NOW, 10).await.unwrap();
        assert_eq!((due.len(), &due[0].delivery, due[0].attempts), (1, &letters[1], 0));
        assert!(due[0].error.is_some(), "why it failed stays until it fails again or goes out");
        let until = NOW.plus_ms(MINUTE);
        assert_eq!(Deliveries::claim(&db, &letters[1], NOW, until).await.unwrap(), Claim::Yours(1));
        assert!(Deliveries::sent(&db, &letters[1], 1, NOW).await.unwrap());
        assert_eq!([retry(None).await, retry(None).await], [2, 0]);
        assert_eq!(Deliveries::dead_count(&db).await.unwrap(), 1, "another store's is left alone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_without_a_name_is_refused() {
    for_each_backend(&[&MODULE], async |db| {
        for wrong in [
            delivery("nimbus", "", "x", "a@example.com"),
            delivery("nimbus", "e", "x\0", "a@example.com"),
            delivery("nimbus", "e", "x", &"a".repeat(255)),
        ] {
            assert!(matches!(
                Deliveries::claim(&db, &wrong, NOW, NOW.plus_ms(MINUTE)).await,
                Err(MailError::Invalid { .. })
            ));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_owed_once_and_from_the_commit_on() {
    for_each_backend(&[&MODULE], async |db| {
        let mut tx = db.begin().await.unwrap();
        assert!(Deliveries::owe_in(&mut tx, &received(), "{}", NOW).await.unwrap());
        tx.rollback().await.unwrap();
        assert_eq!(Deliveries::due(&db, NOW, 10).await.unwrap().len(), 0);
        for is_new in [true, false] {
            let mut tx = db.begin().await.unwrap();
            assert_eq!(Deliveries::owe_in(&mut tx, &received(), "{\"n\":1}", NOW).await.unwrap(), is_new);
            tx.commit().await.unwrap();
        }
        let due = Deliveries::due(&db, NOW, 10).await.unwrap();
        assert_eq!((due.len(), due[0].about.as_str(), due[0].attempts), (1, "{\"n\":1}", 0));
        let until = NOW.plus_ms(MINUTE);
        assert_eq!(Deliveries::claim(&db, &received(), NOW, until).await.unwrap(), Claim::Yours(1));
        assert!(Deliveries::sent(&db, &received(), 1, NOW).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        assert!(!Deliveries::owe_in(&mut tx, &received(), "{}", NOW).await.unwrap());
        let nobody = delivery("nimbus", "evt-2", "order_received", "");
        let error = Deliveries::owe_in(&mut tx, &nobody, "{}", NOW).await.unwrap_err();
        assert!(matches!(error, MailError::Invalid { field: "recipient", .. }));
        tx.commit().await.unwrap();
        assert_eq!(Deliveries::due(&db, NOW.plus_days(30), 10).await.unwrap().len(), 0);
    })
    .await;
}
