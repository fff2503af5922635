//! Which promotions apply, and why the others don't.

use std::cmp::Reverse;

use vitrine_core::{Money, MoneyError};

use crate::evaluate::{Given, Ground};
use crate::{Action, Code, CodeAnswer, Coupon, Exhausted, Limited, Promotion, Refusal, Rules, Skipped};

/// A promotion that could apply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) promotion: &'a Promotion,
    pub(crate) coupon: Option<&'a Coupon>,
    entered: Option<usize>,
}

impl Candidate<'_> {
    /// Which of the entered codes opened it.
    pub(crate) fn entered(&self) -> Option<usize> {
        self.entered
    }
}

/// What applies and what doesn't.
#[derive(Debug, Default)]
pub(crate) struct Selection<'a> {
    /// In the order applied, with what each gives.
    pub(crate) chosen: Vec<(Candidate<'a>, Given<'a>)>,
    pub(crate) codes: Vec<CodeAnswer>,
    pub(crate) skipped: Vec<Skipped>,
}

/// Chooses among the promotions of the rules.
pub(crate) fn select<'a>(ground: &Ground<'a>, rules: &Rules<'a>) -> Result<Selection<'a>, MoneyError> {
    let mut selection = Selection::default();
    let mut candidates = Vec::new();
    for promotion in rules.promotions.iter().filter(|promotion| promotion.enabled && !promotion.by_code) {
        let candidate = Candidate { promotion, coupon: None, entered: None };
        selection.consider(ground, candidate, &mut candidates);
    }
    for (entered, text) in ground.facts.codes.iter().enumerate() {
        let coupon =
            Code::try_new(text).ok().and_then(|code| rules.coupons.iter().find(|coupon| coupon.code == code));
        let opened = coupon.and_then(|coupon| {
            let promotion = rules.promotions.iter().find(|promotion| promotion.id == coupon.promotion)?;
            promotion.enabled.then_some((coupon, promotion))
        });
        let promotion = opened.map(|(_, promotion)| promotion.id.clone());
        let refused = opened.is_none().then_some(Refusal::Unknown);
        selection.codes.push(CodeAnswer { code: text.clone(), promotion, refused });
        if let Some((coupon, promotion)) = opened {
            let candidate = Candidate { promotion, coupon: Some(coupon), entered: Some(entered) };
            selection.consider(ground, candidate, &mut candidates);
        }
    }
    candidates.sort_by_key(|candidate| {
        let promotion = candidate.promotion;
        (Reverse(promotion.priority), candidate.coupon.is_none(), &promotion.id, candidate.entered)
    });
    for candidate in candidates {
        selection.try_candidate(ground, candidate)?;
    }
    selection.skipped.sort_by(|a, b| a.promotion.cmp(&b.promotion));
    Ok(selection)
}

impl<'a> Selection<'a> {
    fn consider(
        &mut self,
        ground: &Ground<'_>,
        candidate: Candidate<'a>,
        candidates: &mut Vec<Candidate<'a>>,
    ) {
        match refusal(ground, candidate) {
            None => candidates.push(candidate),
            Some(refusal) => self.refuse(candidate, refusal),
        }
    }

    fn refuse(&mut self, candidate: Candidate<'_>, refusal: Refusal) {
        if let Some(entered) = candidate.entered {
            if let Some(answer) = self.codes.get_mut(entered) {
                answer.refused = Some(refusal);
            }
            return;
        }
        // What is for other places or times would only be noise.
        let elsewhere =
            matches!(refusal, Refusal::WrongCountry | Refusal::NotStarted { .. } | Refusal::Expired { .. });
        if !elsewhere {
            self.skipped.push(Skipped { promotion: candidate.promotion.id.clone(), refusal });
        }
    }

    /// Takes a candidate if it combines with those taken and gives something, without making one of them useless.
    fn try_candidate(&mut self, ground: &Ground<'a>, candidate: Candidate<'a>) -> Result<(), MoneyError> {
        let promotion = candidate.promotion;
        if self.chosen.iter().any(|(other, _)| other.promotion.id == promotion.id) {
            self.refuse(candidate, Refusal::AlreadyApplied);
            return Ok(());
        }
        let rival = self.chosen.iter().find(|(other, _)| !other.promotion.combines(promotion));
        if let Some((rival, _)) = rival {
            let with = rival.promotion.id.clone();
            self.refuse(candidate, Refusal::NotCombinable { with });
            return Ok(());
        }
        let mut trial: Vec<Candidate<'a>> = self.chosen.iter().map(|(candidate, _)| *candidate).collect();
        let place = trial.partition_point(|other| other.promotion.class() <= promotion.class());
        trial.insert(place, candidate);
        let promotions: Vec<&Promotion> = trial.iter().map(|candidate| candidate.promotion).collect();
        let given = ground.evaluate(&promotions)?;
        let useless = given.iter().position(Given::is_nothing);
        match useless {
            None => self.chosen = trial.into_iter().zip(given).collect(),
            Some(useless) if useless == place => self.refuse(candidate, gives_nothing(promotion)),
            Some(other) => {
                let with =
                    promotions.get(other).map_or_else(|| promotion.id.clone(), |other| other.id.clone());
                self.refuse(candidate, Refusal::NotCombinable { with });
            }
        }
        Ok(())
    }
}

fn gives_nothing(promotion: &Promotion) -> Refusal {
    match promotion.action {
        Action::Gift(_) => Refusal::GiftUnavailable,
        _ => Refusal::NothingMatches,
    }
}

/// Why a promotion can't apply whatever else does.
fn refusal(ground: &Ground<'_>, candidate: Candidate<'_>) -> Option<Refusal> {
    let (promotion, facts) = (candidate.promotion, ground.facts);
    let ends_at = [promotion.ends_at, candidate.coupon.and_then(|coupon| coupon.ends_at)];
    if let Some(ended_at) = ends_at.into_iter().flatten().filter(|end| *end <= facts.now).min() {
        return Some(Refusal::Expired { ended_at });
    }
    if let Some(starts_at) = promotion.starts_at.filter(|start| facts.now < *start) {
        return Some(Refusal::NotStarted { starts_at });
    }
    if !promotion.countries.is_empty() && !promotion.countries.contains(&facts.country) {
        return Some(Refusal::WrongCountry);
    }
    if !promotion.is_stated_in(ground.currency()) {
        return Some(Refusal::WrongCurrency);
    }
    used_up(ground, candidate).or_else(|| shopper(ground, promotion)).or_else(|| cart(ground, promotion))
}

fn used_up(ground: &Ground<'_>, candidate: Candidate<'_>) -> Option<Refusal> {
    let exhausted = &ground.facts.exhausted;
    if exhausted.is_empty() {
        return None;
    }
    let promotion = exhausted.get(&Limited::Promotion(candidate.promotion.id.clone()));
    let coupon = candidate.coupon.and_then(|coupon| exhausted.get(&Limited::Coupon(coupon.code.clone())));
    Some(match promotion.or(coupon)? {
        Exhausted::InAll => Refusal::Exhausted,
        Exhausted::ForCustomer => Refusal::AlreadyUsed,
    })
}

fn shopper(ground: &Ground<'_>, promotion: &Promotion) -> Option<Refusal> {
    let (conditions, facts) = (&promotion.conditions, ground.facts);
    if conditions.first_order && !facts.shopper.first_order {
        return Some(Refusal::OnlyFirstOrder);
    }
    if !conditions.groups.is_empty() && conditions.groups.is_disjoint(&facts.shopper.groups) {
        return Some(Refusal::WrongGroup);
    }
    let pays = |method: &String| conditions.payment_methods.contains(method);
    let wrong = !conditions.payment_methods.is_empty() && !facts.payment_method.as_ref().is_some_and(pays);
    wrong.then(|| Refusal::WrongPaymentMethod {
        allowed: conditions.payment_methods.iter().cloned().collect(),
    })
}

fn cart(ground: &Ground<'_>, promotion: &Promotion) -> Option<Refusal> {
    let conditions = &promotion.conditions;
    let quantity = ground.quantity(&conditions.of);
    if !conditions.of.is_empty() && quantity == 0 {
        return Some(Refusal::NothingMatches);
    }
    if let Some(least) = conditions.min_quantity.map(i64::from).filter(|least| quantity < *least) {
        let missing = u32::try_from(least - quantity).unwrap_or(u32::MAX);
        return Some(Refusal::QuantityTooLow { missing });
    }
    let least = conditions.min_subtotal.as_ref()?.get(ground.currency())?;
    let missing = least.minor() - ground.subtotal(&conditions.of);
    let missing = (missing > 0).then(|| Money::new(missing, least.currency()))?;
    Some(Refusal::SubtotalTooLow { missing })
}
