use vitrine_core::EntityKind;
use vitrine_db::testing::for_each_backend;

use super::*;
use crate::fixture::{day, hash};
use crate::key::Kind;

fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

fn product(seq: i64) -> PageKey {
    EntityKey::new(Kind::Product, seq).page()
}

fn row(path: &str) -> Published {
    Published {
        path: path.to_owned(),
        fingerprint: -7,
        hash: Some(hash(path)),
        shape: i64::MIN,
        bytes: 12,
        valid_until: None,
        version: None,
        etag: None,
    }
}

impl State {
    /// A transaction without progress.
    pub(crate) async fn write(&self) -> Tx {
        self.begin(&Progress::default()).await.unwrap()
    }

    /// Leaves entries as a build does that is killed before its batch is recorded.
    pub(crate) async fn journal(&self, entries: &BTreeSet<Entry<'_>>) {
        let mut tx = self.write().await;
        let entries = entries.iter().map(|entry| (*entry, Until::Recorded));
        self.journal_in(&mut tx, entries).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Ends a build.
    pub(crate) async fn finish(
        &self,
        built: &BTreeMap<Country, Built>,
        known: &BTreeSet<Country>,
        waiting: &BTreeSet<i64>,
    ) {
        let mut tx = self.write().await;
        self.finish_in(&mut tx, built, known, waiting).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn open(db: &Db, store_id: &str, name: &str) -> State {
    State::open(db, &store(store_id), name, None, None).await.unwrap()
}

async fn unfinished(state: &State) -> (BTreeSet<Slot>, BTreeSet<String>) {
    let found =
        state.unfinished(&mut state.reader().await.unwrap(), &BTreeSet::from([0, 1]), day(9)).await.unwrap();
    (found.slots, found.paths.into_keys().collect())
}

async fn publish(state: &State, rows: &[(Slot, Published)]) {
    let mut tx = state.write().await;
    state.publish_in(&mut tx, rows).await.unwrap();
    tx.commit().await.unwrap();
}

async fn all(state: &State) -> BTreeMap<Slot, Published> {
    state.published(PageKey::from_raw(0), PageKey::from_raw(i64::MAX)).await.unwrap()
}

fn built(revision: i64) -> BTreeMap<Country, Built> {
    let country = Country::try_new("DE").unwrap();
    BTreeMap::from([(
        country,
        Built { revision: Revision(revision), as_of: day(revision), site: hash("site"), epoch: 1 },
    )])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_gives_back_what_was_published_and_forgets_what_was_removed() {
    for_each_backend(&[&MODULE], async |db| {
        let state = open(&db, "a", "out").await;
        let gone = Published { hash: None, valid_until: Some(day(3)), ..row("/de/gone/") };
        let rows =
            [((product(1), 0), row("/de/p/a/")), ((product(1), 1), row("/ch/p/a/")), ((product(2), 0), gone)];
        publish(&state, &rows).await;
        assert_eq!(all(&state).await, rows.iter().cloned().collect());
        assert_eq!(state.published(product(2), product(2)).await.unwrap().len(), 1);
        let moved = row("/de/p/b/");
        publish(&state, &[((product(1), 0), moved.clone())]).await;
        assert_eq!(all(&state).await[&(product(1), 0)], moved);
        let mut tx = state.write().await;
        state.remove_in(&mut tx, &[(product(1), 0)]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(all(&state).await.into_keys().collect::<Vec<_>>(), [(product(1), 1), (product(2), 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_taken_only_by_a_page_that_has_a_file() {
    for_each_backend(&[&MODULE], async |db| {
        let state = open(&db, "a", "out").await;
        let gone = Published { hash: None, ..row("/gone/") };
        publish(&state, &[((product(1), 0), row("/there/")), ((product(2), 0), gone)]).await;
        let mut tx = state.write().await;
        let asked = ["/there/", "/gone/", "/never/"].map(str::to_owned);
        assert_eq!(state.taken_in(&mut tx, &asked).await.unwrap(), BTreeSet::from(["/there/".to_owned()]));
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_due_when_their_truth_ends() {
    for_each_backend(&[&MODULE], async |db| {
        let state = open(&db, "a", "out").await;
        let ends = |at| Published { valid_until: Some(day(at)), ..row("/p/") };
        let rows = [((product(1), 0), ends(5)), ((product(2), 0), ends(6)), ((product(3), 0), row("/q/"))];
        publish(&state, &rows).await;
        let due = async |after, until| {
            state.due(&mut state.reader().await.unwrap(), day(after), day(until)).await.unwrap()
        };
        assert_eq!(due(4, 5).await, BTreeSet::from([product(1)]));
        assert_eq!(due(5, 6).await, BTreeSet::from([product(2)]), "what was due before has been looked at");
        assert_eq!(due(6, 99).await, BTreeSet::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dependents_are_the_pages_that_show_an_entity_until_they_are_gone() {
    for_each_backend(&[&MODULE], async |db| {
        let state = open(&db, "a", "out").await;
        let (shown, absent) =
            (EntityKey::new(Kind::Product, 9), EntityKey::absent(EntityKind::Page, "returns"));
        let slots = [(product(1), 0), (product(1), 1), (product(2), 0)];
        let rows: Vec<(Slot, Published)> = slots.iter().map(|slot| (*slot, row("/p/"))).collect();
        let needs = BTreeSet::from([(shown, product(1)), (shown, product(2)), (absent, product(2))]);
        let mut tx = state.write().await;
        state.publish_in(&mut tx, &rows).await.unwrap();
        state.depend_in(&mut tx, &needs).await.unwrap();
        state.depend_in(&mut tx, &needs).await.unwrap();
        tx.commit().await.unwrap();
        let asked = async |entity| {
            let mut reader = state.reader().await.unwrap();
            state.dependents(&mut reader, &BTreeSet::from([entity])).await.unwrap()
        };
        assert_eq!(asked(shown).await, BTreeSet::from([product(1), product(2)]));
        assert_eq!(asked(absent).await, BTreeSet::from([product(2)]));
        let mut tx = state.write().await;
        state.remove_in(&mut tx, &[(product(1), 0), (product(2), 0)]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(asked(shown).await, BTreeSet::from([product(1)]), "another edition still shows it");
        assert_eq!(asked(absent).await, BTreeSet::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_keeps_every_path_until_its_edition_is_built() {
    for_each_backend(&[&MODULE], async |db| {
        let state = open(&db, "a", "out").await;
        let (german, swiss) = ((product(1), 0), (product(1), 1));
        state.journal(&BTreeSet::from([(german, "/de/old/"), (german, "/de/new/")])).await;
        state.journal(&BTreeSet::from([(german, "/de/new/"), (swiss, "/ch/new/")])).await;
        let paths = |of: &[&str]| of.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<_>>();
        let (slots, found) = unfinished(&state).await;
        assert_eq!(slots, BTreeSet::from([german, swiss]));
        assert_eq!(found, paths(&["/de/old/", "/de/new/", "/ch/new/"]));
        let known = built(4).into_keys().collect();
        state.finish(&built(4), &known, &BTreeSet::from([1])).await;
        assert_eq!(unfinished(&state).await, (BTreeSet::from([swiss]), paths(&["/ch/new/"])));
        assert_eq!(state.built(&mut state.reader().await.unwrap()).await.unwrap(), built(4));
        state.finish(&built(5), &known, &BTreeSet::new()).await;
        assert_eq!(unfinished(&state).await, (BTreeSet::new(), BTreeSet::new()));
        assert_eq!(state.built(&mut state.reader().await.unwrap()).await.unwrap(), built(5));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_at_a_path_that_another_may_have_overwritten_is_unfinished_too() {
    for_each_backend(&[&MODULE], async |db| {
        let state = open(&db, "a", "out").await;
        publish(&state, &[((product(1), 0), row("/de/p/a/"))]).await;
        state.journal(&BTreeSet::from([((product(2), 0), "/de/p/a/")])).await;
        let (slots, _) = unfinished(&state).await;
        assert_eq!(slots, BTreeSet::from([(product(1), 0), (product(2), 0)]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_and_targets_know_nothing_of_each_other() {
    for_each_backend(&[&MODULE], async |db| {
        let one = open(&db, "a", "out").await;
        let others = [open(&db, "b", "out").await, open(&db, "a", "elsewhere").await];
        let slot = (product(1), 0);
        publish(&one, &[(slot, row("/p/"))]).await;
        one.journal(&BTreeSet::from([(slot, "/p/")])).await;
        let mut tx = one.write().await;
        one.depend_in(&mut tx, &BTreeSet::from([(EntityKey::new(Kind::Product, 2), product(1))]))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for other in &others {
            assert_eq!(all(other).await, BTreeMap::new());
            assert_eq!(unfinished(other).await, (BTreeSet::new(), BTreeSet::new()));
            let shown = BTreeSet::from([EntityKey::new(Kind::Product, 2)]);
            assert_eq!(
                other.dependents(&mut other.reader().await.unwrap(), &shown).await.unwrap(),
                BTreeSet::new()
            );
            other.finish(&BTreeMap::new(), &BTreeSet::new(), &BTreeSet::new()).await;
        }
        let again = open(&db, "a", "out").await;
        assert_eq!(all(&again).await.len(), 1, "a name leads to the same ledger");
        assert_eq!(unfinished(&again).await.0, BTreeSet::from([slot]));
    })
    .await;
}
