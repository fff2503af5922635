//! Which price holds when, and which was lowest before a reduction. No I/O, no clock.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use vitrine_core::Timestamp;

use crate::promoted::Promoted;

/// Days that count before a reduction: directive 98/6/EC, article 6a(2).
pub const PRIOR_PRICE_DAYS: i64 = 30;

/// An amount with what is struck through beside it, both in minor units of the country's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// What the shopper pays; above zero.
    pub minor: i64,
    /// The higher price it is compared with; with one, the price is an announced reduction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_at: Option<i64>,
}

/// A price that holds for a span of time, and then wins over the base price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// What holds.
    #[serde(flatten)]
    pub amount: Amount,
    /// First moment.
    pub from: Timestamp,
    /// First moment after it; open without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A price that was replaced; kept because the prior price looks back at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// What held.
    #[serde(flatten)]
    pub amount: Amount,
    /// Since when; `None` from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// First moment it no longer held.
    pub until: Timestamp,
    /// Whether it was a window, which wins over base prices of its time.
    #[serde(default)]
    pub window: bool,
}

/// The prices of one variant in one country as somebody states them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceInput {
    /// Holds where no window does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Amount>,
    /// Hold for their time; of several the one that began last.
    #[serde(default)]
    pub windows: Vec<Window>,
}

/// The prices of one variant in one country with what is needed of their history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// Holds where no window does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Amount>,
    /// When the base price was set; `None` for the first one, which has held since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Hold for their time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    /// What held before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Past>,
    /// What automatic promotions make of it, in order of time: a layer of its own, which only pages read.
    #[serde(skip)]
    pub promoted: Vec<Promoted>,
}

/// A span of time in which a variant has a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First moment; `None` from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// First moment after it; `None` without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Span {
    /// Whether a moment lies in it.
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
    }
}

/// The price that holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentPrice {
    /// What the shopper pays and what it is compared with.
    pub amount: Amount,
    /// Lowest price of the 30 days before the announced reduction began; `None` without a reduction, or
    /// where nothing is known of the time before it.
    pub prior: Option<i64>,
}

impl Prices {
    /// First prices of a variant.
    pub fn new(input: PriceInput) -> Self {
        Self { base: input.base, windows: input.windows, ..Self::default() }
    }

    /// The statement these prices came from.
    pub fn input(&self) -> PriceInput {
        PriceInput { base: self.base, windows: self.windows.clone() }
    }

    /// The prices after `input` replaced the present statement at `now`; what held until now becomes past.
    #[must_use]
    pub fn replaced(&self, input: &PriceInput, now: Timestamp) -> Self {
        let mut next = Self {
            base: input.base,
            since: self.since,
            windows: input.windows.clone(),
            past: self.past.clone(),
            promoted: Vec::new(),
        };
        if self.base != input.base {
            next.since = Some(now);
            if let Some(amount) = self.base.filter(|_| self.since.is_none_or(|since| since < now)) {
                next.past.push(Past { amount, from: self.since, until: now, window: false });
            }
        }
        for gone in self.windows.iter().filter(|window| window.from < now && !input.windows.contains(window))
        {
            let until = gone.until.map_or(now, |until| until.min(now));
            next.past.push(Past { amount: gone.amount, from: Some(gone.from), until, window: true });
        }
        next
    }

    /// Splits off what no prior price can reach any more at `now`: the caller keeps it as history.
    ///
    /// A past price is needed while an announced reduction may have begun within 30 days of its end.
    pub fn prune(&mut self, now: Timestamp) -> Vec<Past> {
        let needed_from = self.reduction_start(now).unwrap_or(now).plus_days(-PRIOR_PRICE_DAYS);
        let (keep, gone) = self.past.drain(..).partition(|past| past.until > needed_from);
        self.past = keep;
        gone
    }

    /// The price at `as_of`, or `None` while the variant is not offered.
    pub fn at(&self, as_of: Timestamp) -> Option<CurrentPrice> {
        let amount = self.amount_at(as_of)?;
        if let Some(promoted) = self.promotion_at(as_of) {
            return Some(CurrentPrice { amount, prior: promoted.prior });
        }
        let prior = amount.compare_at.and_then(|_| self.lowest_before(self.reduction_start(as_of)?));
        Some(CurrentPrice { amount, prior })
    }

    /// The next moment after `as_of` at which [`Prices::at`] may answer differently.
    pub fn valid_until(&self, as_of: Timestamp) -> Option<Timestamp> {
        let promoted = self.promoted.iter().flat_map(Promoted::bounds).filter(|bound| *bound > as_of);
        promoted.chain(self.stated_until(as_of)).min()
    }

    /// The same, promotions aside.
    pub(crate) fn stated_until(&self, as_of: Timestamp) -> Option<Timestamp> {
        let bounds = self.windows.iter().flat_map(|window| [Some(window.from), window.until]).flatten();
        bounds.chain(self.since).filter(|bound| *bound > as_of).min()
    }

    /// When [`Prices::at`] has an answer: separate spans in order of time.
    pub fn offered(&self) -> Vec<Span> {
        let base = self.base.map(|_| Span { from: self.since, until: None });
        let windows = self.windows.iter().map(|window| Span { from: Some(window.from), until: window.until });
        let past = self.past.iter().map(|past| Span { from: past.from, until: Some(past.until) });
        let mut spans: Vec<Span> = base.into_iter().chain(windows).chain(past).collect();
        spans.sort();
        spans.dedup_by(|next, span| {
            let joined = span.until.is_none_or(|until| next.from.is_none_or(|from| from <= until));
            if joined {
                span.until = span.until.zip(next.until).map(|(a, b)| a.max(b));
            }
            joined
        });
        spans
    }

    /// What is stated, or what a promotion makes of it, against the price without any reduction.
    pub(crate) fn amount_at(&self, moment: Timestamp) -> Option<Amount> {
        let stated = self.stated_at(moment)?;
        Some(self.promotion_at(moment).map_or(stated, |promoted| Amount {
            minor: promoted.minor,
            compare_at: Some(stated.compare_at.unwrap_or(stated.minor)),
        }))
    }

    /// Windows win over base prices, the one that began last over earlier ones, present over past.
    pub(crate) fn stated_at(&self, moment: Timestamp) -> Option<Amount> {
        let open = |from: Timestamp, until: Option<Timestamp>| {
            from <= moment && until.is_none_or(|until| moment < until)
        };
        let past = |window: bool| {
            self.past.iter().filter(move |past| {
                past.window == window && past.from.is_none_or(|from| from <= moment) && moment < past.until
            })
        };
        let present = self.windows.iter().filter(|window| open(window.from, window.until));
        let present = present.map(|window| (window.from, window.amount));
        // The last maximum counts: of a window that was restated half-way, the past is as it was then.
        present
            .chain(past(true).filter_map(|past| Some((past.from?, past.amount))))
            .max_by_key(|(from, _)| *from)
            .map(|(_, amount)| amount)
            .or_else(|| self.base.filter(|_| self.since.is_none_or(|since| since <= moment)))
            .or_else(|| past(false).next_back().map(|past| past.amount))
    }

    /// Moments before or at `as_of` at which the price may have changed, ascending.
    fn steps(&self, as_of: Timestamp) -> BTreeSet<Timestamp> {
        let windows = self.windows.iter().flat_map(|window| [Some(window.from), window.until]);
        let past = self.past.iter().flat_map(|past| [past.from, Some(past.until)]);
        let promoted = self.promoted.iter().flat_map(Promoted::bounds);
        let stated = windows.chain(past).chain([self.since]).flatten();
        stated.chain(promoted).filter(|step| *step <= as_of).collect()
    }

    /// When the announced reduction that holds at `as_of` began; `None` without one or when it always held.
    pub(crate) fn reduction_start(&self, as_of: Timestamp) -> Option<Timestamp> {
        self.amount_at(as_of)?.compare_at?;
        let mut start = None;
        for step in self.steps(as_of).into_iter().rev() {
            start = Some(step);
            let before = self.amount_at(step.plus_ms(-1));
            if before.is_none_or(|amount| amount.compare_at.is_none()) {
                return before.and(start);
            }
        }
        // Reduced at every step back to the beginning: no undiscounted price is known.
        start.and(None)
    }

    /// The lowest amount of the [`PRIOR_PRICE_DAYS`] before `start`.
    pub(crate) fn lowest_before(&self, start: Timestamp) -> Option<i64> {
        let earliest = start.plus_days(-PRIOR_PRICE_DAYS);
        let moments =
            self.steps(start.plus_ms(-1)).into_iter().filter(|step| *step > earliest).chain([earliest]);
        moments.filter_map(|moment| self.amount_at(moment)).map(|amount| amount.minor).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 86_400_000;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_ms(n * DAY)
    }

    fn amount(minor: i64) -> Amount {
        Amount { minor, compare_at: None }
    }

    fn reduced(minor: i64, compare_at: i64) -> Amount {
        Amount { minor, compare_at: Some(compare_at) }
    }

    fn base(minor: i64) -> PriceInput {
        PriceInput { base: Some(amount(minor)), windows: Vec::new() }
    }

    #[test]
    fn a_window_wins_over_the_base_price_and_ends() {
        let window = Window { amount: reduced(379, 429), from: day(10), until: Some(day(20)) };
        let prices = Prices::new(PriceInput { base: Some(amount(429)), windows: vec![window] });
        let minor = |n| prices.at(day(n)).map(|price| price.amount.minor);
        assert_eq!([minor(9), minor(10), minor(19), minor(20)], [Some(429), Some(379), Some(379), Some(429)]);
        assert_eq!(prices.valid_until(day(9)), Some(day(10)));
        assert_eq!(prices.valid_until(day(10)), Some(day(20)));
        assert_eq!(prices.valid_until(day(20)), None);
    }

    #[test]
    fn the_prior_price_is_the_lowest_of_thirty_days_and_stays_fixed_during_the_reduction() {
        let prices = Prices::new(base(500))
            .replaced(&base(450), day(100))
            .replaced(&base(480), day(110))
            .replaced(&PriceInput { base: Some(reduced(400, 480)), windows: vec![] }, day(120));
        for n in [120, 140, 200] {
            assert_eq!(prices.at(day(n)).and_then(|price| price.prior), Some(450), "day {n}");
        }
        let late = Prices::new(base(450))
            .replaced(&base(480), day(80))
            .replaced(&PriceInput { base: Some(reduced(400, 480)), windows: vec![] }, day(120));
        assert_eq!(
            late.at(day(121)).and_then(|price| price.prior),
            Some(480),
            "450 ended more than 30 days before"
        );
    }

    #[test]
    fn a_reduction_that_goes_deeper_keeps_the_price_before_its_first_step() {
        let step = |minor| PriceInput { base: Some(reduced(minor, 500)), windows: vec![] };
        let prices = Prices::new(base(500)).replaced(&step(450), day(100)).replaced(&step(400), day(105));
        assert_eq!(prices.at(day(106)).and_then(|price| price.prior), Some(500));
    }

    #[test]
    fn without_a_known_time_before_it_a_reduction_has_no_prior_price() {
        let prices = Prices::new(PriceInput { base: Some(reduced(400, 500)), windows: vec![] });
        assert_eq!(prices.at(day(1)).map(|price| price.prior), Some(None));
    }

    #[test]
    fn pruning_keeps_what_the_prior_price_needs() {
        let mut prices = Prices::new(base(500))
            .replaced(&base(450), day(10))
            .replaced(&base(480), day(100))
            .replaced(&PriceInput { base: Some(reduced(400, 480)), windows: vec![] }, day(105));
        let before = prices.at(day(300));
        let gone = prices.prune(day(300));
        assert_eq!(gone.len(), 1, "only the price that ended on day 10 is out of reach");
        assert_eq!(prices.at(day(300)), before);
    }

    #[test]
    fn a_window_restated_half_way_keeps_what_it_asked_before() {
        let window = |minor| Window { amount: reduced(minor, 500), from: day(10), until: Some(day(30)) };
        let input = |minor| PriceInput { base: Some(amount(500)), windows: vec![window(minor)] };
        let prices = Prices::new(input(400)).replaced(&input(350), day(20));
        let minor = |n| prices.at(day(n)).map(|price| price.amount.minor);
        assert_eq!(
            [minor(10), minor(19), minor(20), minor(30)],
            [Some(400), Some(400), Some(350), Some(500)]
        );
    }

    fn prices() -> impl Strategy<Value = Prices> {
        let time = || (0i64..12).prop_map(day);
        let base = || proptest::option::of((1i64..5).prop_map(amount));
        let window = (time(), proptest::option::of(time()))
            .prop_map(|(from, until)| Window { amount: amount(7), from, until })
            .prop_filter("ends after it begins", |window| {
                window.until.is_none_or(|until| until > window.from)
            });
        let input = (base(), proptest::collection::vec(window, 0..3))
            .prop_map(|(base, windows)| PriceInput { base, windows });
        (input.clone(), proptest::collection::vec((time(), input), 0..3)).prop_map(|(first, mut rest)| {
            rest.sort_by_key(|(now, _)| *now);
            rest.iter().fold(Prices::new(first), |prices, (now, input)| prices.replaced(input, *now))
        })
    }

    proptest! {
        #[test]
        fn offered_says_when_there_is_a_price(prices in prices()) {
            let spans = prices.offered();
            for n in -1..14 {
                let in_span = spans.iter().any(|span| span.contains(day(n)));
                prop_assert_eq!(in_span, prices.at(day(n)).is_some(), "day {} of {:?}", n, spans);
            }
            prop_assert!(spans.windows(2).all(|pair| pair[0].until < pair[1].from), "{:?}", spans);
        }

        #[test]
        fn the_present_statement_is_given_back(prices in prices(), now in 12i64..20) {
            let input = prices.input();
            prop_assert_eq!(prices.replaced(&input, day(now)), prices);
        }
    }

    #[test]
    fn a_price_is_offered_only_from_its_first_moment() {
        let window = Window { amount: amount(10), from: day(5), until: None };
        let prices = Prices::new(PriceInput { base: None, windows: vec![window] });
        assert_eq!(prices.at(day(4)), None);
        assert_eq!(prices.at(day(5)).map(|price| price.amount.minor), Some(10));
    }
}
