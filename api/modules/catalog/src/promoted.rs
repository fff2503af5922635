//! What automatic promotions make of prices, for pages. No I/O, no clock.
//!
//! Who knows the promotions says what each makes of an amount at a moment ([`Reduced`]); what holds when, and which
//! price was lowest before, follows here. All of the future is laid out at once, so that time alone changes pages and
//! nobody has to be there when a promotion begins.

use serde::{Deserialize, Serialize};
use vitrine_core::Timestamp;

use crate::price::{Amount, PRIOR_PRICE_DAYS, Prices};

/// A span of time in which promotions make a price lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promoted {
    /// What the shopper pays, minor units.
    pub minor: i64,
    /// The stated price it was made from; where another one holds, this one is out of date and nobody sees it.
    pub regular: i64,
    /// Lowest price of the 30 days before the reduction began, fixed then; `None` where nothing is known of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<i64>,
    /// First moment.
    pub from: Timestamp,
    /// First moment after it; open without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What promotions make of an amount at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reduced {
    /// The lower price, minor units; `None` where they don't change it.
    pub minor: Option<i64>,
    /// The next moment at which they may make something else of it.
    pub until: Option<Timestamp>,
}

impl Promoted {
    pub(crate) fn bounds(&self) -> impl Iterator<Item = Timestamp> + use<> {
        [Some(self.from), self.until].into_iter().flatten()
    }

    fn contains(&self, moment: Timestamp) -> bool {
        self.from <= moment && self.until.is_none_or(|until| moment < until)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

impl Prices {
    /// The promotion that holds at a moment, if it is one of the price that holds then.
    pub(crate) fn promotion_at(&self, moment: Timestamp) -> Option<&Promoted> {
        let promoted = self.promoted.iter().find(|promoted| promoted.contains(moment))?;
        let stated = self.stated_at(moment)?;
        (stated.minor == promoted.regular).then_some(promoted)
    }

    /// What promotions make of these prices from `now` on, after what they made of them before; `None` where that is
    /// what [`Prices::promoted`] says already.
    pub(crate) fn promoted_from(
        &self,
        now: Timestamp,
        mut reduce: impl FnMut(Amount, Timestamp) -> Reduced,
    ) -> Option<Vec<Promoted>> {
        let mut next = Self { promoted: self.promoted_before(now), ..self.clone() };
        let mut moment = now;
        loop {
            let stated = self.stated_at(moment);
            let reduced = stated.map(|amount| reduce(amount, moment)).unwrap_or_default();
            let ends = [self.stated_until(moment), reduced.until].into_iter().flatten();
            let until = ends.filter(|end| *end > moment).min();
            if let (Some(stated), Some(minor)) = (stated, reduced.minor)
                && minor < stated.minor
            {
                next.promote(Promoted { minor, regular: stated.minor, prior: None, from: moment, until });
            }
            match until {
                Some(until) => moment = until,
                None => break,
            }
        }
        let is_ahead = |promoted: &&Promoted| !promoted.is_over(now);
        let same = self.promoted.iter().filter(is_ahead).eq(next.promoted.iter().filter(is_ahead));
        (!same).then_some(next.promoted)
    }

    /// What held before `now` and a prior price may still look back at.
    fn promoted_before(&self, now: Timestamp) -> Vec<Promoted> {
        let needed_from = self.reduction_start(now).unwrap_or(now).plus_days(-PRIOR_PRICE_DAYS);
        let began = self.promoted.iter().filter(|promoted| promoted.from < now);
        let ended = began.map(|promoted| {
            let until = promoted.until.map_or(now, |until| until.min(now));
            Promoted { until: Some(until), ..*promoted }
        });
        ended.filter(|promoted| promoted.until > Some(needed_from)).collect()
    }

    /// Appends a span with its prior price: that of the one it goes on from, for the reduction began there.
    fn promote(&mut self, span: Promoted) {
        if let Some(last) = self.promoted.last_mut().filter(|last| last.until == Some(span.from)) {
            if (last.minor, last.regular) == (span.minor, span.regular) {
                last.until = span.until;
                return;
            }
            let prior = last.prior;
            self.promoted.push(Promoted { prior, ..span });
            return;
        }
        self.promoted.push(span);
        let prior = self.reduction_start(span.from).and_then(|start| self.lowest_before(start));
        if let Some(last) = self.promoted.last_mut() {
            last.prior = prior;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{PriceInput, Window};

    const DAY: i64 = 86_400_000;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_ms(n * DAY)
    }

    fn base(minor: i64) -> PriceInput {
        PriceInput { base: Some(Amount { minor, compare_at: None }), windows: Vec::new() }
    }

    /// A tenth off from one day to another.
    fn tenth(from: i64, until: i64) -> impl Fn(Amount, Timestamp) -> Reduced {
        move |amount, moment| Reduced {
            minor: (day(from) <= moment && moment < day(until)).then_some(amount.minor * 9 / 10),
            until: [day(from), day(until)].into_iter().find(|bound| *bound > moment),
        }
    }

    fn with(prices: &Prices, now: i64, reduce: impl Fn(Amount, Timestamp) -> Reduced) -> Prices {
        let promoted = prices.promoted_from(day(now), reduce).expect("something new");
        Prices { promoted, ..prices.clone() }
    }

    fn shown(prices: &Prices, n: i64) -> (i64, Option<i64>, Option<i64>) {
        let price = prices.at(day(n)).unwrap();
        (price.amount.minor, price.amount.compare_at, price.prior)
    }

    #[test]
    fn a_promotion_ahead_is_shown_in_its_time_against_the_regular_price() {
        let prices = with(&Prices::new(base(500)), 1, tenth(10, 20));
        assert_eq!(shown(&prices, 9), (500, None, None));
        assert_eq!(shown(&prices, 10), (450, Some(500), Some(500)));
        assert_eq!(shown(&prices, 19), (450, Some(500), Some(500)));
        assert_eq!(shown(&prices, 20), (500, None, None));
        assert_eq!(prices.valid_until(day(1)), Some(day(10)));
        assert_eq!(prices.valid_until(day(10)), Some(day(20)));
        assert_eq!(prices.valid_until(day(20)), None);
        assert_eq!(prices.promoted_from(day(15), tenth(10, 20)), None, "it says so already");
        assert_eq!(prices.promoted_from(day(30), |_, _| Reduced::default()), None, "it is over");
    }

    #[test]
    fn a_price_that_changed_since_is_shown_as_it_is() {
        let prices = with(&Prices::new(base(500)), 1, tenth(10, 20));
        let promoted = prices.promoted.clone();
        let changed = Prices { promoted, ..prices.replaced(&base(600), day(12)) };
        assert_eq!(shown(&changed, 11), (450, Some(500), Some(500)));
        assert_eq!(shown(&changed, 13), (600, None, None));
        let again = with(&changed, 13, tenth(10, 20));
        assert_eq!(shown(&again, 13), (540, Some(600), Some(500)), "the reduction went on");
    }

    #[test]
    fn windows_of_prices_are_reduced_as_well() {
        let amount = Amount { minor: 400, compare_at: Some(500) };
        let windows = vec![Window { amount, from: day(12), until: Some(day(15)) }];
        let prices = with(&Prices::new(PriceInput { windows, ..base(500) }), 1, tenth(10, 20));
        let minor: Vec<i64> = [9, 10, 12, 14, 15, 20].map(|n| shown(&prices, n).0).into();
        assert_eq!(minor, [500, 450, 360, 360, 450, 500]);
        assert_eq!(shown(&prices, 12), (360, Some(500), Some(500)));
    }

    #[test]
    fn an_earlier_promotion_counts_among_the_prices_before() {
        let first = with(&Prices::new(base(500)), 1, tenth(10, 20));
        let fifth = |amount: Amount, moment: Timestamp| Reduced {
            minor: (moment >= day(30)).then_some(amount.minor * 4 / 5),
            until: (moment < day(30)).then_some(day(30)),
        };
        let second = with(&first, 25, fifth);
        assert_eq!(shown(&second, 12), (450, Some(500), Some(500)), "what was is kept");
        assert_eq!(shown(&second, 31), (400, Some(500), Some(450)));
        let later = with(&first, 69, |amount, _| Reduced { minor: Some(amount.minor * 4 / 5), until: None });
        assert_eq!(shown(&later, 71), (400, Some(500), Some(500)), "more than 30 days before");
    }

    #[test]
    fn a_promotion_taken_back_ends_now() {
        let prices = with(&Prices::new(base(500)), 12, tenth(10, 20));
        assert_eq!(shown(&prices, 11), (500, None, None), "nobody showed it before");
        let back = with(&prices, 15, |_, _| Reduced::default());
        assert_eq!((shown(&back, 14).0, shown(&back, 15).0), (450, 500));
        assert_eq!(back.promoted.len(), 1);
    }
}
