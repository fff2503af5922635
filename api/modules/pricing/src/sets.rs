//! Promotions on sets of units: buy X get Y, and bundles for one price.
//!
//! A set is made over and over as long as it takes the same units; how often is counted, not tried, so a line of
//! many thousand units costs no more than one of three.

use std::cmp::Reverse;

use vitrine_core::{Money, MoneyError, apportion};

use crate::goods::{Goods, Run};
use crate::{Bundle, BuyGet, Line};

/// Units taken from a run of a line for one set.
#[derive(Clone, Copy, Debug)]
struct Pick {
    line: usize,
    run: usize,
    count: i64,
}

/// Buy X, get Y.
pub(crate) fn buy_get(goods: &mut [Goods<'_>], rule: &BuyGet, zero: Money) {
    let part = |each: i64| Money::new(each, zero.currency()).part(rule.off).minor();
    let mut times = rule.times.map_or(i64::MAX, i64::from);
    while times > 0 {
        // What could be given is bought only if nothing else can be, and what is given has a price to reduce.
        let bought = pick(goods, &[], i64::from(rule.buy_quantity), |line, each| {
            rule.buy.matches(line).then_some((rule.get.matches(line), Reverse(each)))
        });
        let Some(bought) = bought else { return };
        let given = pick(goods, &bought, i64::from(rule.get_quantity), |line, each| {
            (rule.get.matches(line) && part(each) > 0).then_some(each)
        });
        let Some(given) = given else { return };
        let sets = repeats(goods, &[bought.as_slice(), &given].concat()).min(times);
        for pick in bought {
            let each = goods[pick.line].runs[pick.run].each;
            split(goods, pick, sets * pick.count, each);
        }
        for pick in given {
            let each = goods[pick.line].runs[pick.run].each;
            split(goods, pick, sets * pick.count, each - part(each));
        }
        times -= sets;
    }
}

/// Some goods together for one price.
pub(crate) fn bundle(
    goods: &mut [Goods<'_>],
    rule: &Bundle,
    price: i64,
    zero: Money,
) -> Result<(), MoneyError> {
    let mut times = rule.times.map_or(i64::MAX, i64::from);
    while times > 0 {
        let Some(picks) = bundle_picks(goods, rule) else { return Ok(()) };
        let worth: Vec<i64> =
            picks.iter().map(|pick| pick.count * goods[pick.line].runs[pick.run].each).collect();
        let gain = worth.iter().sum::<i64>() - price;
        if gain <= 0 {
            return Ok(());
        }
        let sets = repeats(goods, &picks).min(times);
        let offs = apportion(Money::new(gain, zero.currency()), &worth)?;
        for (pick, off) in picks.into_iter().zip(offs) {
            let each = goods[pick.line].runs[pick.run].each;
            let (less, rest) = (off.minor() / pick.count, off.minor() % pick.count);
            split(goods, pick, sets * rest, each - less - 1);
            split(goods, pick, sets * (pick.count - rest), each - less);
        }
        times -= sets;
    }
    Ok(())
}

fn bundle_picks(goods: &[Goods<'_>], rule: &Bundle) -> Option<Vec<Pick>> {
    let mut picks = Vec::new();
    for (number, part) in rule.parts.iter().enumerate() {
        let later = &rule.parts[number + 1..];
        let wanted_later = |line: &Line| later.iter().any(|part| part.of.matches(line));
        let found = pick(goods, &picks, i64::from(part.quantity), |line, each| {
            part.of.matches(line).then(|| (wanted_later(line), Reverse(each)))
        })?;
        picks.extend(found);
    }
    Some(picks)
}

/// Takes so many units, those of the least rank first; units in a set or without a rank are not taken.
fn pick<K: Ord>(
    goods: &[Goods<'_>],
    taken: &[Pick],
    wanted: i64,
    rank: impl Fn(&Line, i64) -> Option<K>,
) -> Option<Vec<Pick>> {
    let mut free = Vec::new();
    for (line, of) in goods.iter().enumerate() {
        for (run, units) in of.runs.iter().enumerate().filter(|(_, units)| !units.in_set) {
            let taken = taken.iter().filter(|pick| (pick.line, pick.run) == (line, run));
            let count = units.count - taken.map(|pick| pick.count).sum::<i64>();
            if let Some(rank) = rank(of.line, units.each).filter(|_| count > 0) {
                free.push((rank, Pick { line, run, count }));
            }
        }
    }
    free.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut wanted = wanted;
    let mut picks = Vec::new();
    for (_, pick) in free {
        let count = pick.count.min(wanted);
        if count > 0 {
            picks.push(Pick { count, ..pick });
            wanted -= count;
        }
    }
    (wanted == 0).then_some(picks)
}

/// How many sets of the same units there are.
fn repeats(goods: &[Goods<'_>], picks: &[Pick]) -> i64 {
    let sets = picks.iter().map(|pick| {
        let same = picks.iter().filter(|other| (other.line, other.run) == (pick.line, pick.run));
        goods[pick.line].runs[pick.run].count / same.map(|pick| pick.count).sum::<i64>().max(1)
    });
    sets.min().unwrap_or(0)
}

/// Makes some units of a run part of a set, at a price of their own.
fn split(goods: &mut [Goods<'_>], from: Pick, count: i64, each: i64) {
    if count == 0 {
        return;
    }
    let runs = &mut goods[from.line].runs;
    runs[from.run].count -= count;
    runs.push(Run { count, each, in_set: true });
}
