//! Rules are written, read, and handed out to those they may concern.

use std::sync::Arc;

use vitrine_core::{Country, FixedClock, Origin};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Outcome, Run};
use vitrine_pricing::{Coupon, Limits, Promotion};
use vitrine_promotion::{Active, Error, MODULE, Promotions};

use super::world::*;

async fn put(db: &Db, shop: &str, run: &Run, promotions: &[Promotion]) -> Vec<Outcome> {
    let mut tx = db.begin().await.unwrap();
    let outcomes = Promotions::put_in(&mut tx, &store(shop), run, promotions).await.unwrap();
    tx.commit().await.unwrap();
    outcomes
}

async fn put_coupons(db: &Db, shop: &str, coupons: &[Coupon]) -> Result<Vec<Outcome>, Error> {
    let mut tx = db.begin().await.unwrap();
    let outcomes = Promotions::put_coupons_in(&mut tx, &store(shop), &run(Origin::Admin), coupons).await;
    tx.commit().await.unwrap();
    outcomes
}

async fn active(promotions: &Promotions, shop: &str, country: &str, codes: &[&str]) -> Active {
    let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
    let country = Country::try_new(country).unwrap();
    promotions.active(&store(shop), country, &codes, NOW).await.unwrap()
}

fn ids(active: &Active) -> Vec<&str> {
    active.promotions.iter().map(|promotion| promotion.id.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_apply_is_handed_out() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        let mut swiss = promotion("swiss");
        swiss.countries = [Country::try_new("CH").unwrap()].into();
        let over = Promotion { ends_at: Some(NOW), ..promotion("over") };
        let later = Promotion { starts_at: Some(NOW.plus_days(1)), ..promotion("later") };
        let off = Promotion { enabled: false, ..promotion("off") };
        let ten = Promotion { by_code: true, ..promotion("ten") };
        put(&db, "a", &run(Origin::Admin), &[swiss, over, later, off, ten]).await;
        put(&db, "b", &run(Origin::Admin), &[promotion("later")]).await;
        put_coupons(&db, "a", &[coupon("TEN", "ten"), coupon("ten-2", "ten")]).await.unwrap();
        assert_eq!(ids(&active(&promotions, "a", "DE", &[]).await), ["later"]);
        assert_eq!(ids(&active(&promotions, "a", "CH", &[]).await), ["later", "swiss"]);
        let opened = active(&promotions, "a", "DE", &[" ten ", "TEN-2", "none", "§"]).await;
        assert_eq!(ids(&opened), ["later", "ten"]);
        assert_eq!(opened.coupons.len(), 2);
        assert_eq!(ids(&active(&promotions, "b", "DE", &["TEN"]).await), ["later"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_at_once() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        assert_eq!(ids(&active(&promotions, "a", "DE", &[]).await), [""; 0]);
        for number in 0..20 {
            let id = format!("p{number:02}");
            put(&db, "a", &run(Origin::Admin), &[promotion(&id)]).await;
            assert_eq!(active(&promotions, "a", "DE", &[]).await.promotions.len(), number + 1);
        }
        let mut tx = db.begin().await.unwrap();
        let id = "p00".parse().unwrap();
        let removed = Promotions::remove_in(&mut tx, &store("a"), &run(Origin::Admin), &id).await.unwrap();
        assert_eq!(removed, Outcome::Removed);
        assert_eq!(active(&promotions, "a", "DE", &[]).await.promotions.len(), 20, "not before the commit");
        tx.commit().await.unwrap();
        assert_eq!(active(&promotions, "a", "DE", &[]).await.promotions.len(), 19);
        assert_eq!(promotions.get(&store("a"), &id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_missed_a_change_finds_it_by_the_version() {
    let folder = tempfile_folder();
    let path = folder.join("shop.db");
    let (db, other) = (Db::open_file(&path).await.unwrap(), Db::open_file(&path).await.unwrap());
    db.migrate(&[&MODULE]).await.unwrap();
    let clock = Arc::new(FixedClock::new(NOW));
    let far = Promotions::new(other, clock.clone());
    assert_eq!(active(&far, "a", "DE", &[]).await.promotions.len(), 0);
    put(&db, "a", &run(Origin::Admin), &[promotion("new")]).await;
    assert_eq!(active(&far, "a", "DE", &[]).await.promotions.len(), 0);
    clock.advance_ms(1_000);
    assert_eq!(active(&far, "a", "DE", &[]).await.promotions.len(), 1);
    std::fs::remove_dir_all(folder).unwrap();
}

/// A folder of this test below the build's.
fn tempfile_folder() -> std::path::PathBuf {
    let folder =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("promotion-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_keep_to_their_own() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        let (files, admin) = (run(Origin::Files), run(Origin::Admin));
        assert_eq!(put(&db, "a", &files, &[promotion("x"), promotion("y")]).await, [Outcome::Added; 2]);
        assert_eq!(put(&db, "a", &files, &[promotion("x")]).await, [Outcome::Unchanged]);
        let dear = Promotion { priority: 5, ..promotion("x") };
        assert_eq!(put(&db, "a", &admin, std::slice::from_ref(&dear)).await, [Outcome::Conflict]);
        let forced = Run { force: true, ..admin };
        assert_eq!(put(&db, "a", &forced, &[dear]).await, [Outcome::Changed]);
        assert_eq!(put(&db, "a", &files, &[promotion("x")]).await, [Outcome::Conflict]);
        let mut tx = db.begin().await.unwrap();
        let gone = Promotions::retain_in(&mut tx, &store("a"), &files, &Default::default()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(gone, [("y".parse().unwrap(), Outcome::Removed)]);
        let left = promotions.list(&store("a")).await.unwrap();
        assert_eq!((left.len(), left[0].rule.priority, left[0].provenance.origin), (1, 5, Origin::Admin));
        let mut tx = db.begin().await.unwrap();
        let x = "x".parse().unwrap();
        assert_eq!(Promotions::remove_in(&mut tx, &store("a"), &files, &x).await.unwrap(), Outcome::Conflict);
        tx.rollback().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_and_not_written() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        let wrong = Promotion { limits: Limits { total: Some(0), per_customer: None }, ..promotion("wrong") };
        let mut tx = db.begin().await.unwrap();
        let both = [promotion("right"), wrong];
        let error = Promotions::put_in(&mut tx, &store("a"), &run(Origin::Admin), &both).await.unwrap_err();
        tx.commit().await.unwrap();
        assert_eq!(error.to_string(), "promotion wrong: limits.total must be at least 1");
        assert_eq!(promotions.list(&store("a")).await.unwrap(), []);

        put(&db, "a", &run(Origin::Admin), &[promotion("auto")]).await;
        let said = async |code: &str, id: &str| {
            put_coupons(&db, "a", &[coupon(code, id)]).await.unwrap_err().to_string()
        };
        assert_eq!(said("X", "auto").await, "coupon X: promotion names `auto`, which applies without a code");
        assert_eq!(said("X", "none").await, "coupon X: promotion names `none`, which is no promotion");
        assert_eq!(promotions.list_coupons(&store("a")).await.unwrap(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coupons_come_and_go() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        put(&db, "a", &run(Origin::Admin), &[Promotion { by_code: true, ..promotion("ten") }]).await;
        let many: Vec<Coupon> = (0..600).map(|number| coupon(&format!("C{number}"), "ten")).collect();
        assert_eq!(put_coupons(&db, "a", &many).await.unwrap().len(), 600);
        let code = "C7".parse().unwrap();
        assert_eq!(promotions.get_coupon(&store("a"), &code).await.unwrap().unwrap().rule, many[7]);
        let mut tx = db.begin().await.unwrap();
        let admin = run(Origin::Admin);
        Promotions::remove_coupon_in(&mut tx, &store("a"), &admin, &code).await.unwrap();
        let keep = ["C1".parse().unwrap(), "C2".parse().unwrap()].into();
        let gone = Promotions::retain_coupons_in(&mut tx, &store("a"), &admin, &keep).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(gone.len(), 597);
        let left: Vec<String> = promotions
            .list_coupons(&store("a"))
            .await
            .unwrap()
            .into_iter()
            .map(|stored| stored.rule.code.to_string())
            .collect();
        assert_eq!(left, ["C1", "C2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coupons_are_read_page_by_page_and_by_promotion() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        let opened = ["ten", "twenty"].map(|id| Promotion { by_code: true, ..promotion(id) });
        put(&db, "a", &run(Origin::Admin), &opened).await;
        let coupons = [coupon("A1", "ten"), coupon("A2", "twenty"), coupon("B1", "ten"), coupon("C1", "ten")];
        put_coupons(&db, "a", &coupons).await.unwrap();
        let read = async |promotion: Option<&str>, after: Option<&str>, limit| -> Vec<String> {
            let (promotion, after) =
                (promotion.map(|id| id.parse().unwrap()), after.map(|c| c.parse().unwrap()));
            let found = promotions.coupons(&store("a"), promotion.as_ref(), after.as_ref(), limit).await;
            found.unwrap().iter().map(|coupon| coupon.rule.code.to_string()).collect()
        };
        assert_eq!(read(None, None, 3).await, ["A1", "A2", "B1"]);
        assert_eq!(read(None, Some("B1"), 3).await, ["C1"]);
        assert_eq!(read(Some("ten"), None, 2).await, ["A1", "B1"]);
        assert_eq!(read(Some("ten"), Some("B1"), 2).await, ["C1"]);
        assert_eq!(read(Some("none"), None, 2).await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_decides_by_what_is_there_sees_what_the_one_before_wrote() {
    for_each_backend(&[&MODULE], async |db| {
        put(&db, "a", &run(Origin::Admin), &[promotion("ten")]).await;
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut tx = db.begin().await.unwrap();
                    Promotions::lock_in(&mut tx, &store("a")).await.unwrap();
                    let id = "ten".parse().unwrap();
                    let found = Promotions::get_in(&mut tx, &store("a"), &id).await.unwrap().unwrap().rule;
                    let higher = Promotion { priority: found.priority + 1, ..found };
                    let (store, run) = (store("a"), run(Origin::Admin));
                    Promotions::put_in(&mut tx, &store, &run, &[higher]).await.unwrap();
                    tx.commit().await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let (promotions, _) = door(&db);
        let ten = promotions.get(&store("a"), &"ten".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(ten.rule.priority, 6);
    })
    .await;
}
