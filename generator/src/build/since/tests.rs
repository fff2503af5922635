use vitrine_core::{ChangeKind, Entity, EntityKind, Origin};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Run};
use vitrine_store::Write;

use super::*;
use crate::fixture::{DAY, NOW, Stock, day, hash, plain};
use crate::key::PageKey;
use crate::model::media_key;
use crate::state::Published;

/// A shop as it was loaded, with a ledger of its own and the change log of its store.
struct Scene {
    db: Db,
    store: StoreId,
    loaded: Loaded,
    state: State,
}

fn country(code: &str) -> Country {
    Country::try_new(code).unwrap()
}

fn product(seq: i64) -> EntityKey {
    EntityKey::new(Kind::Product, seq)
}

impl Scene {
    async fn new(db: Db, stock: Stock) -> Self {
        let shop = stock.open();
        let store = shop.context.store.config.id.clone();
        let run = Run { origin: Origin::Files, now: day(NOW), force: false };
        let mut tx = db.begin().await.unwrap();
        Stores::put_config_in(&mut tx, &run, &shop.context.store.config).await.unwrap();
        tx.commit().await.unwrap();
        let state = State::open(&db, &store, "out", None, None).await.unwrap();
        let mut loaded = Loaded::new(Revision(0), shop.context, shop.index, Vec::new());
        loaded.sites = shop.sites;
        Self { db, store, loaded, state }
    }

    /// Logs changes as one revision, which is what is loaded from now on.
    async fn change(&mut self, changes: &[(EntityKind, &str)]) {
        let change =
            |(kind, id): &(EntityKind, &str)| Change::new(Entity::new(*kind, *id), ChangeKind::Changed);
        let changes: Vec<Change> = changes.iter().map(change).collect();
        let mut tx = self.db.begin().await.unwrap();
        self.loaded.revision =
            Stores::bump_in(&mut tx, &self.store, &changes, &Write::at(day(NOW))).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn now(&self, countries: &[&str], as_of: Timestamp) -> BTreeMap<Country, Built> {
        let selected = countries.iter().map(|code| country(code)).collect();
        built(&self.loaded.sites, &selected, self.loaded.revision, as_of)
    }

    /// Records countries as built at what is loaded.
    async fn build(&self, countries: &[&str], as_of: Timestamp) {
        let known = [country("CH"), country("DE")].into();
        self.state.finish(&self.now(countries, as_of), &known, &BTreeSet::new()).await;
    }

    async fn task(&self, countries: &[&str], as_of: Timestamp) -> Task {
        let (now, found) = (self.now(countries, as_of), Found::Ours("out".into()));
        let (state, store, loaded) = (&self.state, &self.store, &self.loaded);
        let reader = &mut *state.reader().await.unwrap();
        let built = state.built(reader).await.unwrap();
        let mut aim = Aim { state, reader, store, loaded, found: &found, now: &now, as_of };
        aim.task(&built).await.unwrap()
    }

    /// Entities that are looked at, and listing pages.
    async fn looked_at(
        &self,
        countries: &[&str],
        as_of: Timestamp,
    ) -> (BTreeSet<EntityKey>, BTreeSet<PageKey>) {
        match self.task(countries, as_of).await.plan {
            Plan::Some { entities, listings, .. } => (entities, listings),
            Plan::Everything => panic!("a sweep"),
        }
    }

    /// Publishes a page that shows some entities.
    async fn publish(&self, page: PageKey, valid_until: Option<Timestamp>, shows: &[EntityKey]) {
        let row = Published {
            path: format!("/de/{page:?}/"),
            fingerprint: 1,
            hash: Some(hash("page")),
            shape: 0,
            bytes: 4,
            valid_until,
            version: None,
            etag: None,
        };
        let needs = shows.iter().map(|entity| (*entity, page)).collect();
        let mut tx = self.state.write().await;
        self.state.publish_in(&mut tx, &[((page, 0), row)]).await.unwrap();
        self.state.depend_in(&mut tx, &needs).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn stock() -> Stock {
    let mut coming = plain(2, "coming");
    coming.product.publish_at = Some(day(NOW + 5));
    Stock { products: vec![plain(1, "cloud"), coming, plain(3, "star")], ..Stock::default() }
}

async fn each(body: impl AsyncFn(Scene)) {
    for_each_backend(&[&vitrine_db::MODULE, &vitrine_store::MODULE, &crate::state::MODULE], async |db| {
        body(Scene::new(db, stock()).await).await;
    })
    .await;
}

const ALL: [&str; 2] = ["CH", "DE"];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_looked_at_where_nothing_happened() {
    each(async |scene| {
        scene.build(&ALL, day(NOW)).await;
        assert_eq!(scene.looked_at(&ALL, day(NOW)).await, (BTreeSet::new(), BTreeSet::new()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_country_that_was_never_built_is_swept_and_a_built_one_is_not() {
    each(async |scene| {
        assert!(scene.task(&ALL, day(NOW)).await.orphaned, "no ledger speaks of what is there");
        scene.build(&["DE"], day(NOW)).await;
        assert_eq!(scene.task(&ALL, day(NOW)).await.plan, Plan::Everything);
        assert_ne!(scene.task(&["DE"], day(NOW)).await.plan, Plan::Everything);
        assert!(!scene.task(&ALL, day(NOW)).await.orphaned);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_that_runs_backwards_and_a_changed_site_sweep() {
    each(async |mut scene| {
        scene.build(&ALL, day(NOW)).await;
        assert_eq!(scene.task(&ALL, day(NOW).plus_ms(-1)).await.plan, Plan::Everything);
        scene.loaded.sites.iter_mut().for_each(|site| site.hash = hash("other words"));
        assert_eq!(scene.task(&ALL, day(NOW)).await.plan, Plan::Everything);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_product_is_looked_at_with_the_pages_that_show_it() {
    each(async |mut scene| {
        let listing = EntityKey::new(Kind::Category, 4).page_at(1);
        scene.publish(product(3).page(), None, &[product(1)]).await;
        scene.publish(listing, None, &[product(1)]).await;
        scene.build(&ALL, day(NOW)).await;
        scene.change(&[(EntityKind::Product, "cloud")]).await;
        let (entities, listings) = scene.looked_at(&ALL, day(NOW)).await;
        assert!(entities.contains(&product(1)) && entities.contains(&product(3)), "{entities:?}");
        assert_eq!(listings, BTreeSet::from([listing]));
        scene.build(&ALL, day(NOW)).await;
        assert_eq!(scene.looked_at(&ALL, day(NOW)).await.0, BTreeSet::new(), "once is enough");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_of_the_selected_storefronts_says_how_far_to_look_back() {
    each(async |mut scene| {
        scene.build(&ALL, day(NOW)).await;
        scene.change(&[(EntityKind::Product, "cloud")]).await;
        scene.build(&["DE"], day(NOW)).await;
        scene.change(&[(EntityKind::Product, "star")]).await;
        let products = async |countries: &[&str]| {
            let (entities, _) = scene.looked_at(countries, day(NOW)).await;
            [product(1), product(3)].map(|entity| entities.contains(&entity))
        };
        assert_eq!(products(&["DE"]).await, [false, true]);
        assert_eq!(products(&ALL).await, [true, true]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_picture_reaches_the_cards_on_other_pages() {
    each(async |mut scene| {
        let listing = EntityKey::new(Kind::Category, 4).page();
        scene.publish(product(1).page(), None, &[media_key("white.jpg")]).await;
        scene.publish(listing, None, &[product(1)]).await;
        scene.build(&ALL, day(NOW)).await;
        scene.change(&[(EntityKind::Media, "white.jpg")]).await;
        let (entities, listings) = scene.looked_at(&ALL, day(NOW)).await;
        assert!(entities.contains(&product(1)), "{entities:?}");
        assert_eq!(listings, BTreeSet::from([listing]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_whose_time_has_come_is_looked_at_with_the_pages_that_wait_for_it() {
    each(async |scene| {
        let home = EntityKey::new(Kind::Content, 1);
        scene.publish(home.page(), None, &[product(2)]).await;
        scene.build(&ALL, day(NOW)).await;
        assert_eq!(scene.looked_at(&ALL, day(NOW + 5).plus_ms(-1)).await.0, BTreeSet::new());
        let (entities, _) = scene.looked_at(&ALL, day(NOW + 5)).await;
        assert!(entities.contains(&product(2)) && entities.contains(&home), "{entities:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_truth_has_ended_is_looked_at() {
    each(async |scene| {
        scene.publish(product(1).page_at(2), Some(day(NOW).plus_ms(DAY / 2)), &[]).await;
        scene.build(&ALL, day(NOW)).await;
        assert!(scene.looked_at(&ALL, day(NOW + 1)).await.0.contains(&product(1)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_interrupted_build_touched_is_looked_at() {
    each(async |scene| {
        scene.build(&ALL, day(NOW)).await;
        let slot = (product(3).page(), 0);
        scene.state.journal(&BTreeSet::from([(slot, "/de/p/old/")])).await;
        let task = scene.task(&ALL, day(NOW)).await;
        assert_eq!(
            (task.unfinished.slots, task.unfinished.paths),
            (BTreeSet::from([slot]), BTreeMap::from([("/de/p/old/".to_owned(), 0)]))
        );
        assert!(matches!(task.plan, Plan::Some { entities, .. } if entities.contains(&product(3))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_can_not_be_told_any_more_sweeps() {
    each(async |mut scene| {
        scene.build(&ALL, day(NOW)).await;
        scene.change(&[(EntityKind::Page, "never-seen")]).await;
        assert_eq!(scene.task(&ALL, day(NOW)).await.plan, Plan::Everything);
    })
    .await;
}

#[test]
fn a_storefront_is_built_from_all_its_editions() {
    let shop = Stock::default().open();
    let selected = BTreeSet::from([country("CH"), country("DE")]);
    let of = |sites: &[Site]| built(sites, &selected, Revision(7), day(NOW));
    let before = of(&shop.sites);
    let mut sites = shop.sites;
    let french = sites.iter_mut().find(|site| site.edition.path == "/ch-fr/").unwrap();
    french.hash = hash("other words");
    let after = of(&sites);
    assert_ne!(before[&country("CH")], after[&country("CH")]);
    assert_eq!(before[&country("DE")], after[&country("DE")]);
}
