use std::path::Path;

use vitrine_core::{Country, Reason, Revision, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;

use super::*;
use crate::fixture::{day, hash};
use crate::key::Kind;
use crate::model::short;
use crate::place::Place;

const FIRST: PageKey = PageKey::from_raw(0);
const LAST: PageKey = PageKey::from_raw(i64::MAX);

fn product(seq: i64) -> PageKey {
    EntityKey::new(Kind::Product, seq).page()
}

/// A page whose bytes are its text; without text it answers 410.
fn draft(seq: i64, path: &str, text: Option<&str>) -> Draft<'static> {
    Draft {
        page: product(seq),
        edition: 0,
        path: path.to_owned(),
        fingerprint: short(&hash(&format!("{path} {text:?}"))),
        shape: 0,
        valid_until: None,
        needs: Arc::default(),
        body: text.map_or(Body::None, |text| Body::Bytes(text.as_bytes().to_vec())),
    }
}

fn file<'a>(seq: i64, path: &'a str, text: &'a str) -> Draft<'static> {
    draft(seq, path, Some(text))
}

async fn open(db: &Db) -> State {
    State::open(db, &StoreId::try_new("a").unwrap(), "out", None, None).await.unwrap()
}

fn opening() -> Opening {
    Opening { revision: Revision(1), as_of: day(1), reason: Reason::Manual, now: day(1), trace: None }
}

fn editions(codes: &[&str]) -> BTreeMap<i64, Country> {
    let country = |code: &&str| Country::try_new(code).unwrap();
    codes.iter().enumerate().map(|(number, code)| (i64::try_from(number).unwrap(), country(code))).collect()
}

/// A run that knows what an interrupted one has left behind.
async fn run(state: &State, place: &Place) -> Run {
    let left =
        state.unfinished(&mut state.reader().await.unwrap(), &BTreeSet::from([0]), day(1)).await.unwrap();
    Run {
        editions: editions(&["DE"]),
        alive: BTreeSet::from([0, 1]),
        unknown: left.slots,
        vacated: left
            .paths
            .into_iter()
            .map(|(path, edition)| (path, ((product(0), edition), None)))
            .collect(),
        ..Run::new(Some(state.clone()), place.objects().clone(), opening())
    }
}

/// Publishes drafts as all there is, without deleting anything: a build that is killed before its end.
async fn begin(state: &State, place: &Place, drafts: Vec<Draft<'_>>) -> Run {
    let mut run = run(state, place).await;
    let published = run.published(FIRST, LAST).await.unwrap();
    run.update(drafts, &published).await.unwrap();
    run
}

/// A whole build; answers pages rendered, written and removed.
async fn build(state: &State, place: &Place, drafts: Vec<Draft<'_>>) -> (u64, u64, u64) {
    let mut run = begin(state, place, drafts).await;
    run.delete_gone().await.unwrap();
    state.finish(&BTreeMap::new(), &BTreeSet::<Country>::new(), &BTreeSet::new()).await;
    (run.tally.rendered, run.tally.written, run.tally.removed)
}

fn read(folder: &Path, key: &str) -> Option<String> {
    std::fs::read_to_string(folder.join(key)).ok()
}

/// Runs a test body with a state and a directory on each kind of database.
async fn each(body: impl AsyncFn(&State, &Place, &Path)) {
    for_each_backend(&[&crate::state::MODULE], async |db| {
        let folder = tempfile::tempdir().unwrap();
        // Not empty when it is opened, so it is written as one that is read.
        Place::directory(folder.path(), true).unwrap().take("out").await.unwrap();
        let place = Place::directory(folder.path(), true).unwrap();
        body(&open(&db).await, &place, folder.path()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_differs_is_written() {
    each(async |state, place, folder| {
        let both = || vec![file(1, "/a/", "one"), file(2, "/b/", "two")];
        assert_eq!(build(state, place, both()).await, (2, 2, 0));
        assert_eq!(build(state, place, both()).await, (0, 0, 0));
        assert_eq!(build(state, place, vec![file(1, "/a/", "one"), file(2, "/b/", "2")]).await, (1, 1, 0));
        assert_eq!(read(folder, "b/index.html").as_deref(), Some("2"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_looks_the_same_and_ends_at_another_time_is_recorded() {
    each(async |state, place, _| {
        let ending = |until: Option<Timestamp>| vec![Draft { valid_until: until, ..file(1, "/a/", "one") }];
        build(state, place, ending(Some(day(5)))).await;
        for until in [Some(day(9)), Some(day(2)), None] {
            assert_eq!(build(state, place, ending(until)).await, (1, 0, 0), "no byte is written");
            let rows = state.published(FIRST, LAST).await.unwrap();
            assert_eq!(rows[&(product(1), 0)].valid_until, until);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_deleted_and_pages_of_editions_not_built_stay() {
    each(async |state, place, folder| {
        let other = Draft { edition: 1, ..file(1, "/other/", "other") };
        build(state, place, vec![file(1, "/a/", "one"), other]).await;
        assert_eq!(build(state, place, Vec::new()).await, (0, 0, 1));
        assert_eq!(
            (read(folder, "a/index.html"), read(folder, "other/index.html")),
            (None, Some("other".into()))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_moves_leaves_nothing_behind() {
    each(async |state, place, folder| {
        build(state, place, vec![file(1, "/a/", "one")]).await;
        assert_eq!(build(state, place, vec![file(1, "/b/", "one")]).await, (1, 1, 1));
        assert_eq!((read(folder, "a/index.html"), read(folder, "b/index.html")), (None, Some("one".into())));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_another_page_has_taken_over_is_not_deleted() {
    each(async |state, place, folder| {
        build(state, place, vec![file(1, "/a/", "one"), file(2, "/b/", "two")]).await;
        let swapped = vec![file(1, "/b/", "one"), file(2, "/a/", "two")];
        assert_eq!(build(state, place, swapped).await, (2, 2, 0));
        assert_eq!(
            (read(folder, "a/index.html"), read(folder, "b/index.html")),
            (Some("two".into()), Some("one".into()))
        );
        assert_eq!(build(state, place, vec![file(3, "/a/", "three")]).await, (1, 1, 1));
        assert_eq!(
            (read(folder, "a/index.html"), read(folder, "b/index.html")),
            (Some("three".into()), None)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_answers_410_from_now_on_loses_its_file() {
    each(async |state, place, folder| {
        build(state, place, vec![file(1, "/a/", "one"), file(2, "/b/", "two")]).await;
        build(state, place, vec![draft(1, "/a/", None), draft(3, "/b/", None)]).await;
        assert_eq!((read(folder, "a/index.html"), read(folder, "b/index.html")), (None, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_an_interrupted_batch_are_written_again() {
    each(async |state, place, folder| {
        build(state, place, vec![file(1, "/a/", "one")]).await;
        // Journaled and written, and killed before the ledger knew.
        state.journal(&BTreeSet::from([((product(1), 0), "/a/")])).await;
        std::fs::write(folder.join("a/index.html"), "half").unwrap();
        assert_eq!(build(state, place, vec![file(1, "/a/", "one")]).await, (1, 1, 0));
        assert_eq!(read(folder, "a/index.html").as_deref(), Some("one"));
        assert_eq!(
            build(state, place, vec![file(1, "/a/", "one")]).await,
            (0, 0, 0),
            "the journal has ended"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_an_interrupted_build_wrote_and_nobody_wants_any_more_is_deleted() {
    each(async |state, place, folder| {
        state.journal(&BTreeSet::from([((product(1), 0), "/new/")])).await;
        std::fs::create_dir(folder.join("new")).unwrap();
        std::fs::write(folder.join("new/index.html"), "new").unwrap();
        build(state, place, Vec::new()).await;
        assert_eq!(read(folder, "new/index.html"), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_left_before_a_crash_is_deleted_after_it() {
    each(async |state, place, folder| {
        build(state, place, vec![file(1, "/a/", "one")]).await;
        drop(begin(state, place, vec![file(1, "/b/", "one")]).await);
        drop(begin(state, place, vec![file(1, "/c/", "one")]).await);
        assert!(read(folder, "a/index.html").is_some(), "old addresses answer until the end of a build");
        build(state, place, vec![file(1, "/c/", "one")]).await;
        let left = ["a", "b", "c"].map(|key| read(folder, &format!("{key}/index.html")).is_some());
        assert_eq!(left, [false, false, true]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_and_comes_back_after_a_crash_is_written_again() {
    each(async |state, place, folder| {
        build(state, place, vec![file(1, "/a/", "one")]).await;
        let mut run = begin(state, place, Vec::new()).await;
        // Killed between the deletion and its commit.
        state.journal(&run.gone.iter().map(|(slot, row)| (*slot, row.path.as_str())).collect()).await;
        run.gone.clear();
        std::fs::remove_file(folder.join("a/index.html")).unwrap();
        assert_eq!(build(state, place, vec![file(1, "/a/", "one")]).await, (1, 1, 0));
        assert_eq!(read(folder, "a/index.html").as_deref(), Some("one"));
    })
    .await;
}

/// The CDN fetches what is there: told before the deletion, it would keep what is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_cdn_is_told_of_a_deletion_after_it_also_when_that_is_left_by_a_killed_build() {
    for_each_backend(&[&crate::state::MODULE], async |db| {
        let folder = tempfile::tempdir().unwrap();
        Place::directory(folder.path(), true).unwrap().take("out").await.unwrap();
        let place = Place::directory(folder.path(), true).unwrap();
        let state = open(&db).await;
        let store = StoreId::try_new("a").unwrap();
        let told = async || -> Vec<String> {
            let mut paths = Vec::new();
            for (country, _) in crate::Invalidations::countries(&db, &store).await.unwrap() {
                let waiting = crate::Invalidations::waiting(&db, &store, country, 10).await.unwrap();
                paths.extend(waiting.into_iter().map(|stale| stale.path));
            }
            paths
        };
        build(&state, &place, vec![file(1, "/a/", "one"), file(2, "/b/", "two")]).await;

        let mut killed = begin(&state, &place, vec![file(2, "/b/", "two")]).await;
        killed.invalidates = true;
        let mut left = killed.gone.iter().map(|(slot, row)| (row.path.clone(), (*slot, None))).collect();
        let gone: Vec<Slot> = killed.gone.keys().copied().collect();
        killed.journal_deletions(&state, &mut left, &gone).await.unwrap();
        assert_eq!(told().await, [""; 0], "it is there still");

        let mut next = begin(&state, &place, vec![file(2, "/b/", "two")]).await;
        next.invalidates = true;
        next.delete_gone().await.unwrap();
        assert_eq!(read(folder.path(), "a/index.html"), None);
        assert_eq!(told().await, ["/a/"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_state_everything_is_written_and_its_keys_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::directory(folder.path(), false).unwrap();
    let run = Run::new(None, place.objects().clone(), opening());
    let mut run = Run { editions: editions(&["DE"]), ..run };
    run.update(vec![file(1, "/a/", "one"), draft(2, "/b/", None)], &BTreeMap::new()).await.unwrap();
    run.delete_gone().await.unwrap();
    assert_eq!(run.keys, BTreeSet::from(["a/index.html".to_owned()]));
    assert_eq!((run.tally.pages, run.tally.written), (2, 1));
}
