//! What some promotions together give.

use vitrine_core::{Currency, Money, MoneyError};

use crate::goods::{Cut, Goods, cut_order, cut_units};
use crate::{Action, Facts, FreeDelivery, Line, MethodId, Off, On, Promotion, Selector, Tier, Tiers, sets};

/// What promotions work on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground<'a> {
    /// Lines by id.
    pub(crate) lines: &'a [&'a Line],
    /// What may be given away.
    pub(crate) gifts: &'a [Line],
    pub(crate) facts: &'a Facts,
    /// The way of delivery that is in the total and what it costs, minor units.
    pub(crate) delivery: Option<(&'a MethodId, i64)>,
}

/// What one promotion gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given<'a> {
    /// Off each line, minor units.
    pub(crate) lines: Vec<i64>,
    /// Off delivery, minor units.
    pub(crate) delivery: i64,
    /// What is added for nothing.
    pub(crate) gift: Option<(&'a Line, u32)>,
}

impl Given<'_> {
    pub(crate) fn is_nothing(&self) -> bool {
        self.delivery == 0 && self.gift.is_none() && self.lines.iter().all(|off| *off == 0)
    }

    /// What it saves the shopper, a gift by what it costs otherwise, minor units.
    pub(crate) fn worth(&self) -> i64 {
        let gift = self
            .gift
            .map_or(0, |(gift, quantity)| gift.unit_price.minor().saturating_mul(i64::from(quantity)));
        self.off().saturating_add(gift)
    }

    /// All it takes off, minor units.
    pub(crate) fn off(&self) -> i64 {
        self.delivery + self.lines.iter().sum::<i64>()
    }
}

impl<'a> Ground<'a> {
    pub(crate) fn currency(&self) -> Currency {
        self.facts.currency
    }

    /// What goods cost before promotions, minor units.
    pub(crate) fn subtotal(&self, of: &Selector) -> i64 {
        self.meant(of).map(Line::minor).sum()
    }

    pub(crate) fn quantity(&self, of: &Selector) -> i64 {
        self.meant(of).map(|line| i64::from(line.quantity)).sum()
    }

    fn meant(&self, of: &Selector) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().copied().filter(|line| of.matches(line))
    }

    /// Applies promotions, sorted by class, and tells what each gives.
    pub(crate) fn evaluate(&self, promotions: &[&Promotion]) -> Result<Vec<Given<'a>>, MoneyError> {
        let mut goods: Vec<Goods<'a>> = self.lines.iter().map(|line| Goods::new(line)).collect();
        let mut delivery = self.delivery.map_or(0, |(_, price)| price);
        let mut left: Vec<i64> = goods.iter().map(Goods::left).collect();
        let mut all = Vec::with_capacity(promotions.len());
        for promotion in promotions {
            let mut given = Given::default();
            match &promotion.action {
                Action::FreeDelivery(rule) => given.delivery = self.off_delivery(rule, delivery),
                Action::Gift(rule) => {
                    let gift = self.gifts.iter().find(|gift| gift.sku == rule.sku);
                    given.gift = gift.map(|gift| (gift, rule.quantity));
                }
                action => self.apply(action, &mut goods)?,
            }
            delivery -= given.delivery;
            let after: Vec<i64> = goods.iter().map(Goods::left).collect();
            given.lines = left.iter().zip(&after).map(|(before, after)| before - after).collect();
            left = after;
            all.push(given);
        }
        Ok(all)
    }

    fn apply(&self, action: &Action, goods: &mut [Goods<'_>]) -> Result<(), MoneyError> {
        let zero = Money::zero(self.currency());
        let (cut, on, of) = match action {
            Action::Percent(rule) => (Some(Cut::Part(rule.off)), rule.on, &rule.of),
            Action::Fixed(rule) => (self.amount(rule.off.minor(self.currency())), rule.on, &rule.of),
            Action::Tiers(rule) => (self.tier(rule), rule.on, &rule.of),
            Action::BuyGet(rule) => {
                sets::buy_get(goods, rule, zero);
                return Ok(());
            }
            Action::Bundle(rule) => {
                let Some(price) = rule.price.minor(self.currency()) else { return Ok(()) };
                return sets::bundle(goods, rule, price, zero);
            }
            Action::Gift(_) | Action::FreeDelivery(_) => return Ok(()),
        };
        match (cut, on) {
            (None, _) => {}
            (Some(cut), On::Units) => cut_units(goods, of, cut, zero),
            (Some(cut), On::Order) => cut_order(goods, of, cut, zero)?,
        }
        Ok(())
    }

    fn amount(&self, minor: Option<i64>) -> Option<Cut> {
        minor.map(|minor| Cut::Amount(minor.max(0)))
    }

    /// What the last tier gives that is reached.
    fn tier(&self, rule: &Tiers) -> Option<Cut> {
        let (quantity, subtotal) = (self.quantity(&rule.of), self.subtotal(&rule.of));
        let reached = |tier: &&Tier| {
            let enough = tier.from_quantity.is_none_or(|from| quantity >= i64::from(from));
            let least = tier.from_subtotal.as_ref().map(|from| from.minor(self.currency()));
            enough && least.is_none_or(|least| least.is_some_and(|least| subtotal >= least))
        };
        match &rule.tiers.iter().rfind(reached)?.off {
            Off::Percent(rate) => Some(Cut::Part(*rate)),
            Off::Fixed(amounts) => self.amount(amounts.minor(self.currency())),
        }
    }

    fn off_delivery(&self, rule: &FreeDelivery, left: i64) -> i64 {
        let Some((method, _)) = self.delivery else { return 0 };
        if !rule.methods.is_empty() && !rule.methods.contains(method) {
            return 0;
        }
        match &rule.up_to {
            Some(up_to) => up_to.minor(self.currency()).unwrap_or(0).clamp(0, left),
            None => left,
        }
    }
}
