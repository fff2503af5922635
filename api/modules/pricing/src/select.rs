//! Which promotions apply, and why the others don't.

use std::cmp::Reverse;

use vitrine_core::{Money, MoneyError};

use crate::evaluate::{Given, Ground};
use crate::{
    Action, Code, CodeAnswer, Coupon, Exhausted, Limited, Promotion, PromotionId, Refusal, Rules, Skipped,
};

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
#[derive(Debug)]
pub(crate) struct Selection<'a> {
    /// In the order applied, with what each gives.
    pub(crate) chosen: Vec<(Candidate<'a>, Given<'a>)>,
    pub(crate) codes: Vec<CodeAnswer>,
    pub(crate) skipped: Vec<Skipped>,
}

/// Some candidates, of which those were chosen that go together.
#[derive(Debug, Default)]
struct Choice<'a> {
    chosen: Vec<(Candidate<'a>, Given<'a>)>,
    refused: Vec<(Candidate<'a>, Refusal)>,
}

/// Chooses among the promotions of the rules.
///
/// Codes are tried one after another in the order entered, and one that would make the cart dearer, because something
/// better does not combine with it, is refused.
pub(crate) fn select<'a>(ground: &Ground<'a>, rules: &Rules<'a>) -> Result<Selection<'a>, MoneyError> {
    let mut skipped = Vec::new();
    let mut candidates = Vec::new();
    for promotion in rules.promotions.iter().filter(|promotion| promotion.enabled && !promotion.by_code) {
        let candidate = Candidate { promotion, coupon: None, entered: None };
        match refusal(ground, candidate) {
            None => candidates.push(candidate),
            Some(refusal) => skipped.push((candidate, refusal)),
        }
    }
    let mut best = choose(ground, &candidates)?;
    let mut codes = Vec::with_capacity(ground.facts.codes.len());
    for (entered, text) in ground.facts.codes.iter().enumerate() {
        let Some(candidate) = opened(rules, text, entered) else {
            codes.push(CodeAnswer { code: text.clone(), promotion: None, refused: Some(Refusal::Unknown) });
            continue;
        };
        let mut refused = refusal(ground, candidate);
        if refused.is_none() {
            candidates.push(candidate);
            let trial = choose(ground, &candidates)?;
            refused = trial.refusal_of(entered).or_else(|| best.better_than(&trial));
            match refused {
                None => best = trial,
                Some(_) => drop(candidates.pop()),
            }
        }
        codes.push(CodeAnswer {
            code: text.clone(),
            promotion: Some(candidate.promotion.id.clone()),
            refused,
        });
    }
    for (candidate, refusal) in best.refused {
        match candidate.entered.and_then(|entered| codes.get_mut(entered)) {
            Some(answer) => answer.refused = Some(refusal),
            None => skipped.push((candidate, refusal)),
        }
    }
    Ok(Selection { chosen: best.chosen, codes, skipped: told(skipped) })
}

/// What a code opens.
fn opened<'a>(rules: &Rules<'a>, text: &str, entered: usize) -> Option<Candidate<'a>> {
    let code = Code::try_new(text).ok()?;
    let coupon = rules.coupons.iter().find(|coupon| coupon.code == code)?;
    let promotion = rules.promotions.iter().find(|promotion| promotion.id == coupon.promotion)?;
    promotion.enabled.then_some(Candidate { promotion, coupon: Some(coupon), entered: Some(entered) })
}

/// What is told of automatic promotions: what is for other places or times would only be noise.
fn told(skipped: Vec<(Candidate<'_>, Refusal)>) -> Vec<Skipped> {
    let here = skipped.into_iter().filter(|(_, refusal)| {
        !matches!(refusal, Refusal::WrongCountry | Refusal::NotStarted { .. } | Refusal::Expired { .. })
    });
    let mut told: Vec<Skipped> = here
        .map(|(candidate, refusal)| Skipped { promotion: candidate.promotion.id.clone(), refusal })
        .collect();
    told.sort_by(|a, b| a.promotion.cmp(&b.promotion));
    told
}

/// Takes candidates in order of priority, each if it goes with those taken before.
fn choose<'a>(ground: &Ground<'a>, candidates: &[Candidate<'a>]) -> Result<Choice<'a>, MoneyError> {
    let mut candidates = candidates.to_vec();
    candidates.sort_by_key(|candidate| {
        let promotion = candidate.promotion;
        (Reverse(promotion.priority), candidate.coupon.is_none(), &promotion.id, candidate.entered)
    });
    let mut choice = Choice::default();
    for candidate in candidates {
        if let Some(refusal) = choice.take(ground, candidate)? {
            choice.refused.push((candidate, refusal));
        }
    }
    Ok(choice)
}

impl<'a> Choice<'a> {
    /// Takes a candidate if it combines with those taken and gives something, without making one of them useless.
    fn take(&mut self, ground: &Ground<'a>, candidate: Candidate<'a>) -> Result<Option<Refusal>, MoneyError> {
        let promotion = candidate.promotion;
        if self.chosen.iter().any(|(other, _)| other.promotion.id == promotion.id) {
            return Ok(Some(Refusal::AlreadyApplied));
        }
        let rival = self.chosen.iter().find(|(other, _)| !other.promotion.combines(promotion));
        if let Some((rival, _)) = rival {
            return Ok(Some(Refusal::NotCombinable { with: rival.promotion.id.clone() }));
        }
        let mut trial: Vec<Candidate<'a>> = self.chosen.iter().map(|(candidate, _)| *candidate).collect();
        let place = trial.partition_point(|other| other.promotion.class() <= promotion.class());
        trial.insert(place, candidate);
        let promotions: Vec<&Promotion> = trial.iter().map(|candidate| candidate.promotion).collect();
        let given = ground.evaluate(&promotions)?;
        let Some(useless) = given.iter().position(Given::is_nothing) else {
            self.chosen = trial.into_iter().zip(given).collect();
            return Ok(None);
        };
        let other = promotions.get(useless).filter(|_| useless != place);
        Ok(Some(match other {
            Some(other) => Refusal::NotCombinable { with: other.id.clone() },
            None => gives_nothing(promotion),
        }))
    }

    fn refusal_of(&self, entered: usize) -> Option<Refusal> {
        let refused = self.refused.iter().find(|(candidate, _)| candidate.entered == Some(entered));
        refused.map(|(_, refusal)| refusal.clone())
    }

    /// Why another choice, which has a code more, is not taken: it is worth less, because of what gives less there.
    fn better_than(&self, other: &Self) -> Option<Refusal> {
        if self.worth() <= other.worth() {
            return None;
        }
        let in_other = |id: &PromotionId| {
            let same = other.chosen.iter().find(|(candidate, _)| candidate.promotion.id == *id);
            same.map_or(0, |(_, given)| given.worth())
        };
        let less = self.chosen.iter().find(|(one, given)| in_other(&one.promotion.id) < given.worth())?;
        Some(Refusal::NotCombinable { with: less.0.promotion.id.clone() })
    }

    /// What the shopper saves, minor units.
    fn worth(&self) -> i64 {
        self.chosen.iter().map(|(_, given)| given.worth()).sum()
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
    // One that is under way counts: of two at the same time, one is the first.
    let is_first = facts.shopper.first_order && !facts.exhausted.contains_key(&Limited::FirstOrder);
    if conditions.first_order && !is_first {
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
