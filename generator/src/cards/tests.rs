use super::*;
use crate::fixture::day;

fn set(as_of: i64, valid_until: Option<i64>) -> Arc<CardSet> {
    let cards = BTreeMap::from([(7, Html::trusted("<article>"))]);
    Arc::new(CardSet { cards, as_of: day(as_of), valid_until: valid_until.map(day) })
}

#[test]
fn a_kept_card_is_given_from_the_moment_it_was_made_for_until_it_ends() {
    let cache = CardCache::default();
    cache.insert(1, set(10, Some(20)));
    let known = |moment| cache.get(1, day(moment)).is_some();
    assert_eq!([known(9), known(10), known(19), known(20)], [false, true, true, false]);
    cache.insert(2, set(10, None));
    assert!(cache.get(2, day(10_000)).is_some(), "time alone does not change it");
}

#[test]
fn a_forgotten_card_is_gone_and_the_others_stay() {
    let cache = CardCache::default();
    cache.insert(1, set(0, None));
    cache.insert(2, set(0, None));
    cache.forget(1);
    assert!(cache.get(1, day(1)).is_none());
    assert!(cache.get(2, day(1)).is_some());
    cache.clear();
    assert!(cache.get(2, day(1)).is_none());
}

#[test]
fn a_deck_has_the_card_of_an_edition_and_ends_with_the_first_of_those_asked_for() {
    let mut deck = CardDeck::default();
    deck.insert(1, set(0, Some(30)));
    deck.insert(2, set(0, Some(20)));
    deck.insert(3, set(0, None));
    assert!(deck.has(1) && !deck.has(4));
    assert_eq!(deck.get(1, 7).map(|card| card.as_str().to_owned()).as_deref(), Some("<article>"));
    assert!(deck.get(1, 8).is_none(), "not shown in that edition");
    assert_eq!(deck.valid_until([1, 2, 3]), Some(day(20)));
    assert_eq!(deck.valid_until([1, 3, 99]), Some(day(30)));
    assert_eq!(deck.valid_until([3]), None);
}
