use super::*;
use crate::fixture::day;

fn prints(as_of: i64, valid_until: Option<i64>, print: i64) -> Arc<CardPrints> {
    Arc::new(CardPrints { prints: vec![(7, print)], as_of: day(as_of), valid_until: valid_until.map(day) })
}

#[test]
fn fingerprints_are_given_from_the_moment_they_were_made_for_until_they_end() {
    let cache = CardCache::default();
    cache.insert(1, prints(10, Some(20), 1));
    let known = |moment| cache.prints(1, day(moment)).is_some();
    assert_eq!([known(9), known(10), known(19), known(20)], [false, true, true, false]);
    cache.insert(2, prints(10, None, 1));
    assert!(cache.prints(2, day(10_000)).is_some(), "time alone does not change it");
}

#[test]
fn what_is_forgotten_is_gone_and_the_others_stay() {
    let cache = CardCache::default();
    cache.insert(1, prints(0, None, 1));
    cache.insert(2, prints(0, None, 1));
    cache.forget(1);
    assert!(cache.prints(1, day(1)).is_none());
    assert!(cache.prints(2, day(1)).is_some());
    cache.clear();
    assert!(cache.prints(2, day(1)).is_none());
}

#[test]
fn a_deck_ends_with_the_first_of_those_asked_for() {
    let mut deck = CardDeck::default();
    deck.insert(1, prints(0, Some(30), 1), None);
    deck.insert(2, prints(0, Some(20), 1), None);
    deck.insert(3, prints(0, None, 1), None);
    assert!(deck.has(1) && !deck.has(4));
    assert_eq!((deck.print(1, 7), deck.print(1, 8)), (Some(1), None), "edition 8 does not show it");
    assert_eq!(deck.valid_until([1, 2, 3]), Some(day(20)));
    assert_eq!(deck.valid_until([1, 3, 99]), Some(day(30)));
    assert_eq!(deck.valid_until([3]), None);
}

#[test]
fn a_card_is_kept_for_as_long_as_what_it_is_made_from_stays_the_same() {
    let cache = CardCache::default();
    let deck_of = |print| {
        let mut deck = CardDeck::default();
        deck.insert(1, prints(0, None, print), None);
        deck
    };
    let deck = deck_of(5);
    assert_eq!(deck.card(1, 7), Err(NotMade), "a page must not go out without it");
    assert_eq!(deck.card(1, 8), Ok(None), "not shown in that edition");
    assert_eq!(deck.card(2, 7), Ok(None), "not shown at all");
    assert!(deck.is_missing(&cache, 1, 7) && !deck.is_missing(&cache, 1, 8));
    deck.put(&cache, 1, 7, Html::trusted("<article>"));
    assert_eq!(deck.card(1, 7), Ok(Some(Html::trusted("<article>"))));
    let again = deck_of(5);
    assert!(!again.is_missing(&cache, 1, 7));
    assert_eq!(again.card(1, 7), Ok(Some(Html::trusted("<article>"))));
    assert!(deck_of(6).is_missing(&cache, 1, 7), "it is made from something else now");
}

#[test]
fn cards_of_the_present_category_are_at_hand_after_many_others() {
    let cache = CardCache::default();
    let card = Html::trusted(&"x".repeat(650));
    for category in 0..20 {
        let seqs = || (0..25_000).map(|at| category * 25_000 + at);
        for seq in seqs() {
            cache.cards.insert((seq, 7), (1, card.clone()));
        }
        for _ in 0..3 {
            let there = seqs().filter(|seq| cache.card(*seq, 7, 1).is_some()).count();
            assert!(there > 24_500, "{there} of category {category}");
        }
    }
}
