//! Stores, revisions, addresses and redirects, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use vitrine_core::{
    Change, ChangeKind, Country, Currency, Entity, EntityKind, Locale, Origin, Reason, Revision, Slug,
    StoreId, Timestamp,
};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Event, Module, Outbox, OutboxClaim, Outcome, Run, Tx};
use vitrine_store::{
    Asked, Claim, CountryConfig, EditionConfig, MODULE, Organization, RedirectInput, RedirectTarget,
    SlugTaken, StoreConfig, Stores, Tax, Write,
};

const MODULES: &[&Module] = &[&vitrine_db::MODULE, &MODULE];
const NOW: Timestamp = Timestamp::from_ms(1_000);

fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

fn run(origin: Origin) -> Run {
    Run { origin, now: NOW, force: false }
}

fn config(id: &str) -> StoreConfig {
    StoreConfig {
        id: store(id),
        name: "Nimbus".into(),
        origin: "https://nimbus.example".into(),
        default_country: Country::try_new("DE").unwrap(),
        logo: None,
        icon_color: None,
        organization: Organization {
            legal_name: "Nimbus Sleep GmbH".into(),
            street: "Musterstraße 1".into(),
            postcode: "10115".into(),
            city: "Berlin".into(),
            country: Country::try_new("DE").unwrap(),
            email: "hello@nimbus.example".into(),
            phone: None,
            same_as: vec![],
        },
        fallback: BTreeMap::new(),
    }
}

fn country(code: &str) -> CountryConfig {
    CountryConfig {
        country: Country::try_new(code).unwrap(),
        currency: Currency::EUR,
        time_zone: "Europe/Berlin".into(),
        schedule: None,
        origin: None,
        locales: vec![EditionConfig { locale: Locale::try_new("de-DE").unwrap(), path: "/de/".into() }],
        prior_price: true,
        tax: Tax { included: true, rates: BTreeMap::new() },
        delivery: vec![],
        payment_methods: vec![],
        legal_notes: vec![],
        legal_pages: vec![],
        returns: None,
    }
}

async fn new_store(db: &Db, id: &str) -> StoreId {
    let mut tx = db.begin().await.unwrap();
    Stores::put_config_in(&mut tx, &run(Origin::Files), &config(id)).await.unwrap();
    tx.commit().await.unwrap();
    store(id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_loaded_as_it_was_put() {
    for_each_backend(MODULES, async |db| {
        let shop = store("nimbus");
        assert_eq!(Stores::load(&db, &shop).await.unwrap(), None);
        let mut tx = db.begin().await.unwrap();
        let files = run(Origin::Files);
        assert_eq!(Stores::put_config_in(&mut tx, &files, &config("nimbus")).await.unwrap(), Outcome::Added);
        assert_eq!(
            Stores::put_config_in(&mut tx, &files, &config("nimbus")).await.unwrap(),
            Outcome::Unchanged
        );
        let countries = [country("FR"), country("DE")];
        Stores::put_countries_in(&mut tx, &shop, &files, &countries).await.unwrap();
        let again = Stores::put_countries_in(&mut tx, &shop, &files, &countries[1..]).await.unwrap();
        let code = |code: &str| Country::try_new(code).unwrap();
        assert_eq!(again, [(code("DE"), Outcome::Unchanged), (code("FR"), Outcome::Removed)]);
        let feed =
            Stores::put_countries_in(&mut tx, &shop, &run(Origin::Feed), &[country("CH")]).await.unwrap();
        assert_eq!(feed, [(code("CH"), Outcome::Added)]);
        tx.commit().await.unwrap();

        let loaded = Stores::load(&db, &shop).await.unwrap().unwrap();
        assert_eq!(loaded.config, config("nimbus"));
        assert_eq!(loaded.countries, [country("CH"), country("DE")]);
        assert_eq!(Stores::list_stores(&db).await.unwrap(), [shop]);
    })
    .await;
}

fn change(id: &str, kind: ChangeKind) -> Change {
    Change::new(Entity::new(EntityKind::Product, id), kind)
}

async fn bump(db: &Db, shop: &StoreId, changes: &[Change]) -> Revision {
    let mut tx = db.begin().await.unwrap();
    let revision = Stores::bump_in(&mut tx, shop, changes, &Write::at(NOW)).await.unwrap();
    tx.commit().await.unwrap();
    revision
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions_count_and_log_what_changed() {
    for_each_backend(MODULES, async |db| {
        let shop = new_store(&db, "a").await;
        assert_eq!(bump(&db, &shop, &[]).await, Revision(0));
        let twice = [
            change("x", ChangeKind::Added),
            change("x", ChangeKind::Changed),
            change("y", ChangeKind::Availability),
            change("y", ChangeKind::Price),
        ];
        assert_eq!(bump(&db, &shop, &twice).await, Revision(1));
        assert_eq!(bump(&db, &shop, &[change("x", ChangeKind::Removed)]).await, Revision(2));
        assert_eq!(Stores::revision(&db, &shop).await.unwrap(), Revision(2));

        let since = async |revision, limit| {
            let changes = Stores::changes_since(&db, &shop, Revision(revision), limit).await.unwrap();
            changes.into_iter().map(|c| (c.revision.0, c.change.entity.id, c.change.kind)).collect::<Vec<_>>()
        };
        let first = [(1, "x".to_owned(), ChangeKind::Added), (1, "y".to_owned(), ChangeKind::Changed)];
        // A revision is never cut in two.
        assert_eq!(since(0, 1).await, first);
        assert_eq!(since(1, 100).await, [(2, "x".to_owned(), ChangeKind::Removed)]);
        assert_eq!(since(0, 3).await.len(), 3);
        assert!(since(2, 3).await.is_empty());

        let mut tx = db.begin().await.unwrap();
        assert!(Stores::bump_in(&mut tx, &store("nobody"), &twice, &Write::at(NOW)).await.is_err());
    })
    .await;
}

/// Everything in the outbox of a store, as a relay would claim it.
async fn events(db: &Db) -> Vec<Event> {
    let mut tx = db.begin().await.unwrap();
    let claim = OutboxClaim { owner: "test", now: NOW, until: NOW, limit: 100 };
    let events = Outbox::claim_in(&mut tx, &claim).await.unwrap();
    tx.rollback().await.unwrap();
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_tells_the_outbox_why_and_where() {
    for_each_backend(MODULES, async |db| {
        let shop = new_store(&db, "a").await;
        bump(&db, &shop, &[]).await;
        assert_eq!(events(&db).await, [], "nothing rose, nothing is told");

        let write = Write::at(Timestamp::from_ms(7)).traced(Some("00-1-2-01"));
        let german = change("x", ChangeKind::Price).within([Country::try_new("DE").unwrap()].into());
        let mut tx = db.begin().await.unwrap();
        Stores::bump_in(&mut tx, &shop, &[german], &write).await.unwrap();
        tx.commit().await.unwrap();
        bump(&db, &shop, &[change("x", ChangeKind::Availability), change("y", ChangeKind::Changed)]).await;

        let events = events(&db).await;
        let told: Vec<_> = events.iter().map(|event| (event.id.as_str(), event.version)).collect();
        assert_eq!(told, [("r1", 1), ("r2", 2)]);
        assert!(events.iter().all(|event| event.kind == Stores::REVISED && event.entity == "store"));
        assert_eq!(events[0].payload, r#"{"reasons":["catalog_changed"],"countries":["DE"]}"#);
        assert_eq!((events[0].at, events[0].trace.clone()), (write.at, write.trace.map(str::to_owned)));
        assert_eq!(events[1].payload, r#"{"reasons":["availability_changed","catalog_changed"]}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_asked_for_once_by_its_id() {
    for_each_backend(MODULES, async |db| {
        let shop = new_store(&db, "a").await;
        let asked =
            Asked::for_reason(Reason::Manual, ["DE", "CH"].map(|c| Country::try_new(c).unwrap()).into());
        for expected in [true, false] {
            let mut tx = db.begin().await.unwrap();
            let new = Stores::request_in(&mut tx, &shop, "manual-1", &asked, &Write::at(NOW)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(new, expected);
        }
        let events = events(&db).await;
        assert_eq!(events.len(), 1);
        let event = &events[0];
        assert_eq!((event.kind.as_str(), event.entity.as_str()), (Stores::REQUESTED, "CH+DE"));
        assert_eq!((event.version, Asked::parse(&event.payload).unwrap()), (NOW.ms(), asked));
        assert_eq!(Stores::revision(&db, &shop).await.unwrap(), Revision(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stores_countries_and_their_schedules() {
    for_each_backend(MODULES, async |db| {
        let shop = new_store(&db, "a").await;
        let mut tx = db.begin().await.unwrap();
        let configs = [country("DE"), CountryConfig { schedule: Some("never".into()), ..country("CH") }];
        Stores::put_countries_in(&mut tx, &shop, &run(Origin::Files), &configs).await.unwrap();
        let codes = Stores::countries_in(&mut tx, &shop).await.unwrap();
        assert_eq!(codes, ["CH", "DE"].map(|code| Country::try_new(code).unwrap()));
        assert_eq!(Stores::countries_in(&mut tx, &store("nobody")).await.unwrap(), []);
        tx.commit().await.unwrap();
    })
    .await;
    let nightly = country("DE").schedule().unwrap().unwrap();
    let tick = nightly.next_tick(Timestamp::parse_rfc3339("2026-11-20").unwrap()).unwrap();
    assert_eq!(tick.to_rfc3339(), "2026-11-20T03:00:00Z");
    assert_eq!(CountryConfig { schedule: Some("never".into()), ..country("DE") }.schedule().unwrap(), None);
    let wrong = CountryConfig { schedule: Some("at dawn".into()), ..country("DE") };
    assert!(wrong.schedule().unwrap_err().to_string().starts_with("country DE: schedule must be"));
}

fn claim(lang: &str, id: &str, slug: &str) -> Claim {
    Claim {
        lang: Locale::try_new(lang).unwrap(),
        kind: EntityKind::Product,
        id: id.to_owned(),
        slug: Slug::try_new(slug).unwrap(),
    }
}

async fn claim_all(db: &Db, shop: &StoreId, claims: &[Claim]) -> Vec<SlugTaken> {
    let mut tx = db.begin().await.unwrap();
    let taken = Stores::claim_in(&mut tx, shop, NOW, claims).await.unwrap();
    tx.commit().await.unwrap();
    taken
}

/// Redirects as `lang path -> target`.
async fn redirects(db: &Db, shop: &StoreId) -> Vec<String> {
    let redirects = Stores::redirects(db, shop).await.unwrap();
    let lang = |lang: &Option<Locale>| lang.as_ref().map_or("-".to_owned(), ToString::to_string);
    redirects.iter().map(|r| format!("{} {} -> {}", lang(&r.lang), r.path, r.target)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_leaves_a_redirect_that_never_chains() {
    for_each_backend(MODULES, async |db| {
        let shop = new_store(&db, "a").await;
        for slug in ["one", "two", "three"] {
            assert!(
                claim_all(&db, &shop, &[claim("de", "x", slug), claim("fr", "x", "un")]).await.is_empty()
            );
        }
        assert_eq!(redirects(&db, &shop).await, ["de p/one -> product:x", "de p/two -> product:x"]);
        // Somebody else takes an old address: the redirect goes.
        assert!(claim_all(&db, &shop, &[claim("de", "y", "one")]).await.is_empty());
        assert_eq!(redirects(&db, &shop).await, ["de p/two -> product:x"]);
        // Back to the old slug.
        assert!(claim_all(&db, &shop, &[claim("de", "x", "two")]).await.is_empty());
        assert_eq!(redirects(&db, &shop).await, ["de p/three -> product:x"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slugs_are_swapped_and_refused() {
    for_each_backend(MODULES, async |db| {
        let shop = new_store(&db, "a").await;
        claim_all(&db, &shop, &[claim("de", "x", "one"), claim("de", "y", "two")]).await;
        assert!(claim_all(&db, &shop, &[claim("de", "x", "two"), claim("de", "y", "one")]).await.is_empty());
        assert!(redirects(&db, &shop).await.is_empty());

        let taken = claim_all(&db, &shop, &[claim("de", "z", "one"), claim("fr", "z", "un")]).await;
        assert_eq!(taken, [SlugTaken { claim: claim("de", "z", "one"), by: "y".into() }]);
        // With one claim refused the entity got none: the French one is free.
        assert!(claim_all(&db, &shop, &[claim("fr", "w", "un")]).await.is_empty());
        // Another kind and another language have slugs of their own.
        let category = Claim { kind: EntityKind::Category, ..claim("de", "x", "one") };
        assert!(claim_all(&db, &shop, &[category, claim("it", "x", "one")]).await.is_empty());
        let strings = Claim { kind: EntityKind::Strings, ..claim("de", "x", "one") };
        let mut tx = db.begin().await.unwrap();
        assert!(Stores::claim_in(&mut tx, &shop, NOW, &[strings]).await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_entity_is_gone_with_all_that_led_to_it() {
    for_each_backend(MODULES, async |db| {
        let shop = new_store(&db, "a").await;
        claim_all(&db, &shop, &[claim("de", "x", "one"), claim("fr", "x", "un")]).await;
        claim_all(&db, &shop, &[claim("de", "x", "two")]).await;
        let release = async |ids: &[&str], gone| {
            let mut tx = db.begin().await.unwrap();
            Stores::release_in(&mut tx, &shop, NOW, EntityKind::Product, ids, gone).await.unwrap();
            tx.commit().await.unwrap();
        };
        release(&["x", "unknown"], true).await;
        assert_eq!(redirects(&db, &shop).await, ["de p/one -> gone", "de p/two -> gone", "fr p/un -> gone"]);
        assert!(claim_all(&db, &shop, &[claim("de", "y", "two")]).await.is_empty());
        assert_eq!(redirects(&db, &shop).await, ["de p/one -> gone", "fr p/un -> gone"]);

        claim_all(&db, &shop, &[claim("de", "y", "three")]).await;
        release(&["y"], false).await;
        assert_eq!(redirects(&db, &shop).await, ["de p/one -> gone", "fr p/un -> gone"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_that_goes_leads_to_the_entity() {
    for_each_backend(MODULES, async |db| {
        let shop = new_store(&db, "a").await;
        claim_all(&db, &shop, &[claim("de", "x", "one"), claim("de-CH", "x", "eins")]).await;
        let mut tx = db.begin().await.unwrap();
        let swiss = Locale::try_new("de-CH").unwrap();
        Stores::release_langs_in(&mut tx, &shop, NOW, EntityKind::Product, &[("x", &swiss)]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(redirects(&db, &shop).await, ["de-CH p/eins -> product:x"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_with_equal_slugs_do_not_touch() {
    for_each_backend(MODULES, async |db| {
        let (a, b) = (new_store(&db, "a").await, new_store(&db, "b").await);
        assert!(claim_all(&db, &a, &[claim("de", "x", "one")]).await.is_empty());
        assert!(claim_all(&db, &b, &[claim("de", "y", "one")]).await.is_empty());
        claim_all(&db, &a, &[claim("de", "x", "two")]).await;
        let mut tx = db.begin().await.unwrap();
        Stores::release_in(&mut tx, &a, NOW, EntityKind::Product, &["x", "y"], true).await.unwrap();
        tx.commit().await.unwrap();
        assert!(redirects(&db, &b).await.is_empty());
        assert_eq!(claim_all(&db, &b, &[claim("de", "z", "one")]).await.len(), 1);
        bump(&db, &a, &[change("x", ChangeKind::Changed)]).await;
        assert_eq!(Stores::revision(&db, &b).await.unwrap(), Revision(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_claims_go_at_once() {
    for_each_backend(MODULES, async |db| {
        let shop = new_store(&db, "a").await;
        let claims = |prefix: &str| {
            (0..1500).map(|n| claim("de", &format!("p{n}"), &format!("{prefix}-{n}"))).collect::<Vec<_>>()
        };
        assert!(claim_all(&db, &shop, &claims("old")).await.is_empty());
        let mut next = claims("new");
        next.push(claim("de", "late", "new-7"));
        next.push(claim("de", "later", "old-7"));
        let taken = claim_all(&db, &shop, &next).await;
        assert_eq!(taken, [SlugTaken { claim: claim("de", "late", "new-7"), by: "p7".into() }]);
        assert_eq!(redirects(&db, &shop).await.len(), 1499);
    })
    .await;
}

async fn put_redirects(tx: &mut Tx, shop: &StoreId, run: Run, pairs: &[(&str, &str)]) -> Vec<Outcome> {
    let inputs: Vec<_> = pairs
        .iter()
        .map(|(from, to)| RedirectInput { from: (*from).to_owned(), to: to.parse().unwrap() })
        .collect();
    let outcomes = Stores::put_redirects_in(tx, shop, &run, &inputs).await.unwrap();
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn stated_redirects_follow_their_source() {
    for_each_backend(MODULES, async |db| {
        use Outcome::{Added, Changed, Conflict, Removed, Unchanged};
        let shop = new_store(&db, "a").await;
        claim_all(&db, &shop, &[claim("de", "x", "one")]).await;
        claim_all(&db, &shop, &[claim("de", "x", "two")]).await;
        let (files, feed) = (run(Origin::Files), run(Origin::Feed));
        let mut tx = db.begin().await.unwrap();
        let first = [("/a/", "page:shipping#costs"), ("/b/", "https://example.org/"), ("/c/", "gone")];
        assert_eq!(put_redirects(&mut tx, &shop, files, &first).await, [Added; 3]);
        let second = [("/a/", "/de/versand/"), ("/b/", "https://example.org/")];
        assert_eq!(put_redirects(&mut tx, &shop, files, &second).await, [Changed, Unchanged, Removed]);
        assert_eq!(put_redirects(&mut tx, &shop, feed, &[("/a/", "gone")]).await, [Conflict]);
        let forced = Run { force: true, ..feed };
        assert_eq!(put_redirects(&mut tx, &shop, forced, &[("/a/", "gone")]).await, [Changed]);
        tx.commit().await.unwrap();

        let all = redirects(&db, &shop).await;
        assert_eq!(all, ["- /a/ -> gone", "- /b/ -> https://example.org/", "de p/one -> product:x"]);
        let found = Stores::redirects(&db, &shop).await.unwrap();
        assert_eq!(found[1].target, RedirectTarget::Url("https://example.org/".into()));
        assert_eq!(found[2].target, RedirectTarget::Entity("product:x".into()));
        // Numbers are given once: the first redirect kept its own through every change.
        assert_eq!(found.iter().map(|r| r.seq).collect::<Vec<_>>(), [2, 3, 1]);
    })
    .await;
}
