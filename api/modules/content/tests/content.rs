//! Content in and out of the database, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use vitrine_content::{
    AltTexts, Content, ContentSet, MODULE, Media, Navigation, PageFacts, PageInput, PageKind, PageText,
    StringsFile, Written,
};
use vitrine_core::{ChangeKind, ContentHash, EntityKind, Locale, Origin, PageName, Slug, StoreId, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Module, Outcome, Run};
use vitrine_store::Stores;

const MODULES: [&Module; 3] = [&vitrine_db::MODULE, &vitrine_store::MODULE, &MODULE];

fn shop() -> StoreId {
    StoreId::try_new("nimbus").unwrap()
}

fn run(origin: Origin, ms: i64) -> Run {
    Run { origin, now: Timestamp::from_ms(ms), force: false }
}

fn lang(text: &str) -> Locale {
    Locale::try_new(text).unwrap()
}

fn name(text: &str) -> PageName {
    PageName::try_new(text).unwrap()
}

/// A page with a text for each (language, slug); the title is the slug.
fn page(id: &str, slugs: &[(&str, &str)]) -> PageInput {
    let text = |slug: &str| PageText {
        title: Some(slug.to_owned()),
        slug: Some(Slug::try_new(slug).unwrap()),
        ..PageText::default()
    };
    PageInput {
        facts: PageFacts {
            name: name(id),
            kind: PageKind::Page,
            countries: vec![],
            updated: None,
            hero: None,
            hero_link: None,
            featured: vec![],
            categories: vec![],
        },
        texts: slugs.iter().map(|(locale, slug)| (lang(locale), text(slug))).collect(),
    }
}

async fn put(db: &Db, run: Run, pages: &[PageInput]) -> Written {
    let mut tx = db.begin().await.unwrap();
    let written = Content::put_pages_in(&mut tx, &shop(), &run, pages).await.unwrap();
    tx.commit().await.unwrap();
    written
}

async fn retain(db: &Db, run: Run, keep: &[&str]) -> Written {
    let keep: BTreeSet<_> = keep.iter().map(|id| name(id)).collect();
    let mut tx = db.begin().await.unwrap();
    let written = Content::retain_pages_in(&mut tx, &shop(), &run, &keep).await.unwrap();
    tx.commit().await.unwrap();
    written
}

async fn load(db: &Db) -> ContentSet {
    Content::load(db, &shop()).await.unwrap()
}

async fn redirects(db: &Db) -> Vec<String> {
    let redirects = Stores::redirects(db, &shop()).await.unwrap();
    redirects.iter().map(|r| format!("{} {} -> {}", r.lang.as_ref().unwrap(), r.path, r.target)).collect()
}

fn outcomes(written: &Written) -> Vec<(&str, Outcome)> {
    written.outcomes.iter().map(|(id, outcome)| (id.as_str(), *outcome)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_loaded_as_they_were_put() {
    for_each_backend(&MODULES, async |db| {
        let files = Origin::Files;
        let pages = [page("a", &[("de", "über"), ("en", "about")]), page("b", &[("de", "hilfe")])];
        let first = put(&db, run(files, 1), &pages).await;
        assert_eq!(outcomes(&first), [("a", Outcome::Added), ("b", Outcome::Added)]);
        assert_eq!(first.changes.len(), 2);
        let loaded = load(&db).await;
        assert_eq!(loaded.pages[&name("a")].texts, pages[0].texts);
        assert_eq!(loaded.pages[&name("b")].facts, pages[1].facts);

        let second = put(&db, run(files, 2), &pages).await;
        assert_eq!(outcomes(&second), [("a", Outcome::Unchanged), ("b", Outcome::Unchanged)]);
        assert!(second.changes.is_empty());
        assert_eq!(load(&db).await, loaded);

        // A new language changes one page, and only that.
        let third = put(&db, run(files, 3), &[page("b", &[("de", "hilfe"), ("fr", "aide")])]).await;
        assert_eq!(outcomes(&third), [("b", Outcome::Changed)]);
        let after = load(&db).await;
        assert_eq!(after.pages[&name("a")], loaded.pages[&name("a")]);
        let (before, after) = (&loaded.pages[&name("b")], &after.pages[&name("b")]);
        assert_ne!(after.hash, before.hash);
        assert_eq!((after.seq, after.changed_at), (before.seq, Timestamp::from_ms(3)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_goes_answers_410_and_frees_its_slug() {
    for_each_backend(&MODULES, async |db| {
        let files = run(Origin::Files, 1);
        put(&db, files, &[page("a", &[("de", "eins")]), page("b", &[("de", "zwei")])]).await;
        let written = retain(&db, files, &["b"]).await;
        assert_eq!(outcomes(&written), [("a", Outcome::Removed)]);
        assert_eq!(written.changes[0].kind, ChangeKind::Removed);
        assert_eq!(redirects(&db).await, ["de eins -> gone"]);
        assert_eq!(
            outcomes(&put(&db, files, &[page("c", &[("de", "eins")])]).await),
            [("c", Outcome::Added)]
        );
        assert!(redirects(&db).await.is_empty());
        assert_eq!(load(&db).await.pages.keys().map(PageName::as_str).collect::<Vec<_>>(), ["b", "c"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_slug_refuses_its_page_and_no_other() {
    for_each_backend(&MODULES, async |db| {
        let files = run(Origin::Files, 1);
        put(&db, files, &[page("a", &[("de", "eins")]), page("b", &[("de", "zwei"), ("fr", "deux")])]).await;
        let before = load(&db).await;
        let written =
            put(&db, files, &[page("b", &[("de", "eins"), ("fr", "autre")]), page("c", &[("de", "drei")])])
                .await;
        assert_eq!(outcomes(&written), [("c", Outcome::Added)]);
        assert_eq!((written.refused[0].claim.id.as_str(), written.refused[0].by.as_str()), ("b", "a"));
        assert_eq!(load(&db).await.pages[&name("b")], before.pages[&name("b")]);
        // Its French slug is still its own, for nothing of it was written.
        assert_eq!(put(&db, files, &[page("d", &[("fr", "deux")])]).await.refused.len(), 1);
        assert!(redirects(&db).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn renames_and_dropped_languages_leave_redirects() {
    for_each_backend(&MODULES, async |db| {
        let files = run(Origin::Files, 1);
        put(&db, files, &[page("a", &[("de", "eins"), ("fr", "un"), ("it", "uno")])]).await;
        let mut next = page("a", &[("de", "ein"), ("it", "uno")]);
        next.texts.get_mut(&lang("it")).unwrap().slug = None;
        assert_eq!(outcomes(&put(&db, files, &[next]).await), [("a", Outcome::Changed)]);
        assert_eq!(redirects(&db).await, ["de eins -> page:a", "fr un -> page:a", "it uno -> page:a"]);
        assert_eq!(load(&db).await.pages[&name("a")].texts.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_origin_is_a_conflict_of_the_whole_page() {
    for_each_backend(&MODULES, async |db| {
        put(&db, run(Origin::Admin, 1), &[page("a", &[("de", "eins")])]).await;
        let written = put(&db, run(Origin::Files, 2), &[page("a", &[("de", "zwei"), ("fr", "deux")])]).await;
        assert_eq!(outcomes(&written), [("a", Outcome::Conflict)]);
        assert!(written.changes.is_empty());
        assert!(retain(&db, run(Origin::Files, 3), &[]).await.outcomes.is_empty());
        assert_eq!(load(&db).await.pages[&name("a")].texts.len(), 1);
        let forced = Run { force: true, ..run(Origin::Files, 4) };
        assert_eq!(
            outcomes(&put(&db, forced, &[page("a", &[("de", "zwei")])]).await),
            [("a", Outcome::Changed)]
        );
    })
    .await;
}

fn picture(file: &str, bytes: &str) -> Media {
    let hash = ContentHash::of(bytes.as_bytes());
    Media { file: file.to_owned(), hash, width: 1600, height: 1200, content_type: "image/jpeg".into() }
}

fn alts(pairs: &[(&str, &str)]) -> AltTexts {
    pairs.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_change_one_by_one() {
    for_each_backend(&MODULES, async |db| {
        let (shop, files) = (shop(), run(Origin::Files, 1));
        let mut tx = db.begin().await.unwrap();
        let two = [picture("a.jpg", "a"), picture("b.jpg", "b")];
        Content::put_media_in(&mut tx, &shop, &files, &two).await.unwrap();
        let texts = alts(&[("a.jpg", "A bed"), ("b.jpg", "A pillow")]);
        Content::put_media_texts_in(&mut tx, &shop, &files, &lang("en"), &texts).await.unwrap();

        let texts = alts(&[("a.jpg", "A bed"), ("b.jpg", "A soft pillow")]);
        let written = Content::put_media_texts_in(&mut tx, &shop, &files, &lang("en"), &texts).await.unwrap();
        assert_eq!(outcomes(&written), [("en", Outcome::Changed)]);
        let changed: Vec<_> = written.changes.iter().map(|c| (c.entity.kind, c.entity.id.as_str())).collect();
        assert_eq!(changed, [(EntityKind::Media, "b.jpg")]);

        let keep = BTreeSet::from(["a.jpg".to_owned()]);
        let written = Content::retain_media_in(&mut tx, &shop, &files, &keep).await.unwrap();
        assert_eq!(outcomes(&written), [("b.jpg", Outcome::Removed)]);
        tx.commit().await.unwrap();
        let set = load(&db).await;
        assert_eq!(set.media, BTreeMap::from([("a.jpg".to_owned(), picture("a.jpg", "a"))]));
        assert_eq!(set.alts, BTreeMap::from([(lang("en"), texts)]));

        let mut tx = db.begin().await.unwrap();
        let none = BTreeSet::new();
        let written = Content::retain_media_texts_in(&mut tx, &shop, &files, &none).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((outcomes(&written), written.changes.len()), (vec![("en", Outcome::Removed)], 2));
        assert!(load(&db).await.alts.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn navigation_and_words_come_and_go() {
    for_each_backend(&MODULES, async |db| {
        let (shop, files) = (shop(), run(Origin::Files, 1));
        let navigation = Navigation { main: vec!["category:beds".into()], footer: vec![] };
        let words = |code: &str, source: &str| StringsFile { lang: lang(code), source: source.to_owned() };
        let mut tx = db.begin().await.unwrap();
        Content::put_navigation_in(&mut tx, &shop, &files, &navigation).await.unwrap();
        let both = [words("de", "cart = Warenkorb\n"), words("en", "cart = Cart\n")];
        Content::put_strings_in(&mut tx, &shop, &files, &both).await.unwrap();
        let again = Content::put_strings_in(&mut tx, &shop, &files, &both).await.unwrap();
        assert!(again.changes.is_empty());
        let gone =
            Content::retain_strings_in(&mut tx, &shop, &files, &BTreeSet::from([lang("en")])).await.unwrap();
        assert_eq!(outcomes(&gone), [("de", Outcome::Removed)]);
        tx.commit().await.unwrap();
        let set = load(&db).await;
        assert_eq!(set.navigation, navigation);
        assert!(set.navigation_hash.is_some());
        assert_eq!(set.strings, BTreeMap::from([(lang("en"), "cart = Cart\n".to_owned())]));
        assert_eq!(set.strings_hash.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_with_equal_pages_do_not_touch() {
    for_each_backend(&MODULES, async |db| {
        let (other, files) = (StoreId::try_new("other").unwrap(), run(Origin::Files, 1));
        put(&db, files, &[page("a", &[("de", "eins")])]).await;
        let mut tx = db.begin().await.unwrap();
        let written =
            Content::put_pages_in(&mut tx, &other, &files, &[page("b", &[("de", "eins")])]).await.unwrap();
        assert_eq!(outcomes(&written), [("b", Outcome::Added)]);
        Content::retain_pages_in(&mut tx, &other, &files, &BTreeSet::new()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(load(&db).await.pages.len(), 1);
        assert!(redirects(&db).await.is_empty());
    })
    .await;
}
