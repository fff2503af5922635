//! What many products have alike, kept once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_catalog::{ProductOutline, Span};
use vitrine_core::{Country, Locale};

type Offered = Arc<BTreeMap<Country, Vec<Span>>>;

/// Values that nothing shows any more are looked for when there are more than this, and twice as many as last time.
const FEW: usize = 1_024;

/// The parts of outlines that are equal for most products of a store: of 50,000 products with three variants in twenty
/// countries they would take 250 MB, each with its own.
#[derive(Debug, Default)]
pub(super) struct Shared {
    offered: BTreeSet<Offered>,
    locales: BTreeSet<Locale>,
    /// How many were in use when they were last looked through.
    in_use: usize,
}

impl Shared {
    /// Lets an outline have in common with the others what it can.
    pub(super) fn share(&mut self, outline: &mut ProductOutline) {
        for variant in &mut outline.variants {
            match self.offered.get(&variant.offered) {
                Some(known) => variant.offered = Arc::clone(known),
                None => {
                    self.tidy();
                    self.offered.insert(Arc::clone(&variant.offered));
                }
            }
        }
        for (lang, _) in &mut outline.slugs {
            self.locale(lang);
        }
    }

    fn locale(&mut self, lang: &mut Locale) {
        match self.locales.get(lang) {
            Some(known) => *lang = known.clone(),
            None => drop(self.locales.insert(lang.clone())),
        }
    }

    fn tidy(&mut self) {
        if self.offered.len() > FEW.max(2 * self.in_use) {
            self.offered.retain(|one| Arc::strong_count(one) > 1);
            self.in_use = self.offered.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{outline, plain};

    #[test]
    fn outlines_share_what_they_have_alike_and_forget_what_nobody_has() {
        let mut shared = Shared::default();
        let mut one = outline(&plain(1, "one"));
        let mut two = outline(&plain(2, "two"));
        assert!(!Arc::ptr_eq(&one.variants[0].offered, &two.variants[0].offered));
        shared.share(&mut one);
        shared.share(&mut two);
        assert_eq!(one.slugs, outline(&plain(1, "one")).slugs);
        assert!(Arc::ptr_eq(&one.variants[0].offered, &two.variants[0].offered));

        for number in 0..10 * FEW as i64 {
            let mut passing = outline(&plain(3, "passing"));
            let span = Span { from: Some(vitrine_core::Timestamp::from_ms(number)), until: None };
            let offered = BTreeMap::from([(vitrine_core::Country::try_new("DE").unwrap(), vec![span])]);
            passing.variants[0].offered = Arc::new(offered);
            shared.share(&mut passing);
        }
        assert!(shared.offered.len() <= FEW + 1, "{} kept", shared.offered.len());
        let mut again = outline(&plain(4, "again"));
        shared.share(&mut again);
        assert!(Arc::ptr_eq(&one.variants[0].offered, &again.variants[0].offered));
    }
}
