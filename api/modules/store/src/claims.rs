//! Which of many claims to slugs hold, without I/O.

use std::collections::{BTreeMap, BTreeSet};

/// The end of a round of claims in one language and kind; numbers are indices of claims.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settlement {
    /// Claims refused, with the id that holds or gets the slug.
    pub(crate) taken: Vec<(usize, String)>,
    /// Claims that change something.
    pub(crate) moved: Vec<usize>,
    /// Old slugs that nobody holds any more, with the id that held them.
    pub(crate) left: Vec<(String, String)>,
}

/// Settles `claims` of (id, slug) over the `held` (id, slug).
///
/// A slug may be taken over when its holder gives it up in the same round, so two may swap. If several want one
/// slug, its holder keeps it, else the first gets it. A claim that is refused leaves its id where it is, which
/// may refuse others in turn. Of several claims of one id the last counts.
pub(crate) fn settle(held: &[(String, String)], claims: &[(&str, &str)]) -> Settlement {
    let slug_of: BTreeMap<&str, &str> = held.iter().map(|(id, slug)| (id.as_str(), slug.as_str())).collect();
    let holder_of: BTreeMap<&str, &str> =
        held.iter().map(|(id, slug)| (slug.as_str(), id.as_str())).collect();
    let wanted: BTreeMap<&str, usize> =
        claims.iter().enumerate().map(|(index, (id, _))| (*id, index)).collect();
    let mut moving: BTreeMap<&str, usize> = wanted
        .iter()
        .map(|(id, index)| (*id, *index))
        .filter(|(id, index)| slug_of.get(id) != Some(&claims[*index].1))
        .collect();

    let mut winner_of: BTreeMap<&str, &str> = BTreeMap::new();
    for index in wanted.values().copied().collect::<BTreeSet<_>>() {
        let (id, slug) = claims[index];
        if holder_of.get(slug) == Some(&id) {
            winner_of.insert(slug, id);
        } else {
            winner_of.entry(slug).or_insert(id);
        }
    }
    let mut taken = BTreeMap::new();
    loop {
        let refused: Vec<(&str, &str)> = moving
            .iter()
            .filter_map(|(id, index)| {
                let slug = claims[*index].1;
                let stays = holder_of.get(slug).filter(|holder| !moving.contains_key(*holder));
                let other = stays.or_else(|| winner_of.get(slug).filter(|winner| *winner != id));
                other.map(|other| (*id, *other))
            })
            .collect();
        if refused.is_empty() {
            break;
        }
        for (id, by) in refused {
            if let Some(index) = moving.remove(id) {
                taken.insert(index, by.to_owned());
            }
        }
    }
    let moved: BTreeSet<usize> = moving.values().copied().collect();
    let occupied: BTreeSet<&str> = moved.iter().map(|index| claims[*index].1).collect();
    let left = moving
        .keys()
        .filter_map(|id| slug_of.get(id).map(|slug| ((*slug).to_owned(), (*id).to_owned())))
        .filter(|(slug, _)| !occupied.contains(slug.as_str()))
        .collect();
    Settlement { taken: taken.into_iter().collect(), moved: moved.into_iter().collect(), left }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn held(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(id, slug)| ((*id).to_owned(), (*slug).to_owned())).collect()
    }

    #[test]
    fn two_swap() {
        let settlement = settle(&held(&[("a", "x"), ("b", "y")]), &[("a", "y"), ("b", "x")]);
        assert_eq!(settlement, Settlement { moved: vec![0, 1], ..Settlement::default() });
    }

    #[test]
    fn a_holder_that_stays_refuses() {
        let settlement = settle(&held(&[("a", "x")]), &[("b", "x")]);
        assert_eq!(settlement.taken, [(0, "a".to_owned())]);
    }

    #[test]
    fn a_refusal_refuses_in_turn() {
        // c stays on z, so b keeps y, so a keeps x.
        let settlement = settle(&held(&[("a", "x"), ("b", "y"), ("c", "z")]), &[("a", "y"), ("b", "z")]);
        assert_eq!(settlement.taken, [(0, "b".to_owned()), (1, "c".to_owned())]);
        assert!(settlement.moved.is_empty() && settlement.left.is_empty());
    }

    #[test]
    fn the_first_of_two_newcomers_wins() {
        let settlement = settle(&[], &[("a", "x"), ("b", "x")]);
        assert_eq!(settlement, Settlement { taken: vec![(1, "a".to_owned())], moved: vec![0], left: vec![] });
    }

    #[test]
    fn a_move_leaves_its_old_slug() {
        let settlement = settle(&held(&[("a", "x")]), &[("a", "y")]);
        assert_eq!(settlement.left, [("x".to_owned(), "a".to_owned())]);
    }

    proptest! {
        #[test]
        fn slugs_stay_unique_and_each_claim_is_answered(
            held in proptest::collection::btree_map("[a-f]", "[u-z]", 0..6),
            claims in proptest::collection::vec(("[a-f]", "[u-z]"), 0..8),
        ) {
            let mut slugs = BTreeSet::new();
            let held: Vec<_> = held.into_iter().filter(|(_, slug)| slugs.insert(slug.clone())).collect();
            let claims: Vec<_> = claims.iter().map(|(id, slug)| (id.as_str(), slug.as_str())).collect();
            let settlement = settle(&held, &claims);
            let mut after: BTreeMap<&str, &str> = held.iter().map(|(id, slug)| (id.as_str(), slug.as_str())).collect();
            for index in &settlement.moved {
                after.insert(claims[*index].0, claims[*index].1);
            }
            let distinct: BTreeSet<_> = after.values().collect();
            prop_assert_eq!(distinct.len(), after.len());
            let last: BTreeMap<_, _> = claims.iter().enumerate().map(|(index, claim)| (claim.0, index)).collect();
            for (id, index) in last {
                let is_taken = settlement.taken.iter().any(|(taken, _)| *taken == index);
                prop_assert!(is_taken != (after.get(id) == Some(&claims[index].1)));
            }
            for (slug, _) in &settlement.left {
                prop_assert!(!after.values().any(|held| held == slug));
            }
        }
    }
}
