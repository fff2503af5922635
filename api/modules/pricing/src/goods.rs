//! Lines while promotions work on them.

use vitrine_core::{Money, MoneyError, Rate, apportion};

use crate::{Line, Selector};

/// Units of a line that cost the same by now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) count: i64,
    /// What one unit costs, minor units.
    pub(crate) each: i64,
    /// Whether they are part of a set.
    pub(crate) in_set: bool,
}

/// A line and what its units cost by now.
#[derive(Clone, Debug)]
pub(crate) struct Goods<'a> {
    pub(crate) line: &'a Line,
    pub(crate) runs: Vec<Run>,
    /// What discounts on the order took off the line, minor units.
    off: i64,
}

/// How much is taken off.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    Part(Rate),
    /// Minor units.
    Amount(i64),
}

impl Cut {
    /// What it takes off an amount, at most all of it.
    pub(crate) fn of(self, minor: i64, zero: Money) -> i64 {
        match self {
            Self::Part(rate) => Money::new(minor, zero.currency()).part(rate).minor(),
            Self::Amount(amount) => amount.min(minor),
        }
    }
}

impl<'a> Goods<'a> {
    pub(crate) fn new(line: &'a Line) -> Self {
        let run = Run { count: i64::from(line.quantity), each: line.unit_price.minor(), in_set: false };
        Self { line, runs: vec![run], off: 0 }
    }

    /// What the line costs by now, minor units.
    pub(crate) fn left(&self) -> i64 {
        self.runs.iter().map(|run| run.count * run.each).sum::<i64>() - self.off
    }
}

/// Takes something off each unit that is meant.
pub(crate) fn cut_units(goods: &mut [Goods<'_>], of: &Selector, cut: Cut, zero: Money) {
    for line in goods.iter_mut().filter(|line| of.matches(line.line)) {
        for run in &mut line.runs {
            run.each -= cut.of(run.each, zero);
        }
    }
}

/// Takes something off the sum of the goods that are meant, apportioned to them.
pub(crate) fn cut_order(
    goods: &mut [Goods<'_>],
    of: &Selector,
    cut: Cut,
    zero: Money,
) -> Result<(), MoneyError> {
    let mut meant: Vec<&mut Goods<'_>> = goods.iter_mut().filter(|line| of.matches(line.line)).collect();
    let left: Vec<i64> = meant.iter().map(|line| line.left()).collect();
    let off = cut.of(left.iter().sum(), zero);
    if off == 0 {
        return Ok(());
    }
    let parts = apportion(Money::new(off, zero.currency()), &left)?;
    for (line, part) in meant.iter_mut().zip(parts) {
        line.off += part.minor();
    }
    Ok(())
}
