//! What becomes of an entered code.

use vitrine_core::Timestamp;
use vitrine_pricing::{
    Conditions, Coupon, Exhausted, Facts, Limited, Limits, On, Promotion, Quote, Refusal, Use,
};

use super::world::*;

/// A shop with the promotion `ten` (10 % off the order) behind the code `TEN`.
fn ten(change: impl FnOnce(&mut Promotion)) -> Shop {
    let mut promotion = promotion("ten", percent("10", On::Order));
    promotion.by_code = true;
    change(&mut promotion);
    let mut shop = Shop::new([promotion]);
    shop.coupons = vec![coupon("TEN", "ten"), coupon("TEN2", "ten")];
    shop
}

fn enter(shop: &Shop, codes: &[&str], facts: Facts) -> Quote {
    let facts = Facts { codes: codes.iter().map(|code| (*code).to_owned()).collect(), ..facts };
    shop.price(&[line("a", 2, 1_000)], &facts)
}

fn refused(change: impl FnOnce(&mut Promotion), facts: Facts) -> Option<Refusal> {
    enter(&ten(change), &["TEN"], facts).codes[0].refused.clone()
}

#[test]
fn a_code_opens_its_promotion_however_it_is_typed() {
    let quote = enter(&ten(|_| {}), &["  ten "], facts());
    assert_eq!((answer(&quote, 0), quote.codes[0].code.as_str()), ("applied", "  ten "));
    assert_eq!(quote.promotions[0].code.as_deref(), Some("  ten "));
    assert_eq!(quote.totals.discounts, eur(200));
    let quote = enter(&ten(|_| {}), &[], facts());
    assert_eq!((quote.totals.discounts, quote.skipped.len()), (eur(0), 0));
}

#[test]
fn an_unknown_code_is_told() {
    let quote = enter(&ten(|_| {}), &["NO", "", "no/code", "TEN"], facts());
    let answers: Vec<_> = (0..4).map(|number| answer(&quote, number)).collect();
    assert_eq!(answers, ["unknown", "unknown", "unknown", "applied"]);
    assert_eq!(refused(|ten| ten.enabled = false, facts()), Some(Refusal::Unknown));
}

#[test]
fn a_code_has_its_time() {
    let later = NOW.plus_days(1);
    assert_eq!(
        refused(|ten| ten.starts_at = Some(later), facts()),
        Some(Refusal::NotStarted { starts_at: later })
    );
    assert_eq!(refused(|ten| ten.ends_at = Some(NOW), facts()), Some(Refusal::Expired { ended_at: NOW }));
    let in_time = |ten: &mut Promotion| {
        (ten.starts_at, ten.ends_at) = (Some(NOW), Some(Timestamp::from_ms(NOW.ms() + 1)));
    };
    assert_eq!(refused(in_time, facts()), None);
    let mut shop = ten(|_| {});
    shop.coupons = vec![Coupon { ends_at: Some(NOW), ..coupon("TEN", "ten") }];
    assert_eq!(answer(&enter(&shop, &["TEN"], facts()), 0), "expired");
}

#[test]
fn what_is_missing_is_told() {
    let least = |ten: &mut Promotion| ten.conditions.min_subtotal = Some(amount(2_550));
    assert_eq!(refused(least, facts()), Some(Refusal::SubtotalTooLow { missing: eur(550) }));
    let three = |ten: &mut Promotion| ten.conditions.min_quantity = Some(3);
    assert_eq!(refused(three, facts()), Some(Refusal::QuantityTooLow { missing: 1 }));
    let others = |ten: &mut Promotion| ten.conditions.of = of(&["b"]);
    assert_eq!(refused(others, facts()), Some(Refusal::NothingMatches));
}

#[test]
fn a_code_may_be_for_some_only() {
    assert_eq!(refused(|ten| ten.countries = [country("CH")].into(), facts()), Some(Refusal::WrongCountry));
    let first = |ten: &mut Promotion| ten.conditions.first_order = true;
    assert_eq!(refused(first, facts()), Some(Refusal::OnlyFirstOrder));
    let mut new = facts();
    new.shopper.first_order = true;
    assert_eq!(refused(first, new), None);
    let club = |ten: &mut Promotion| ten.conditions.groups = ["club".to_owned()].into();
    assert_eq!(refused(club, facts()), Some(Refusal::WrongGroup));
    let by_card = |ten: &mut Promotion| {
        ten.conditions = Conditions { payment_methods: ["card".to_owned()].into(), ..Conditions::default() };
    };
    let allowed = vec!["card".to_owned()];
    assert_eq!(refused(by_card, facts()), Some(Refusal::WrongPaymentMethod { allowed }));
    assert_eq!(refused(by_card, Facts { payment_method: Some("card".into()), ..facts() }), None);
}

#[test]
fn what_is_used_up_is_refused() {
    let exhausted = |limited: Limited, how| Facts { exhausted: [(limited, how)].into(), ..facts() };
    let promotion = Limited::Promotion("ten".parse().unwrap());
    assert_eq!(refused(|_| {}, exhausted(promotion.clone(), Exhausted::InAll)), Some(Refusal::Exhausted));
    assert_eq!(refused(|_| {}, exhausted(promotion, Exhausted::ForCustomer)), Some(Refusal::AlreadyUsed));
    let coupon = Limited::Coupon("TEN".parse().unwrap());
    let quote = enter(&ten(|_| {}), &["TEN", "TEN2"], exhausted(coupon, Exhausted::InAll));
    assert_eq!((answer(&quote, 0), answer(&quote, 1)), ("exhausted", "applied"));
}

#[test]
fn a_promotion_is_opened_once() {
    let quote = enter(&ten(|_| {}), &["TEN2", "TEN", "ten2"], facts());
    let answers: Vec<_> = (0..3).map(|number| answer(&quote, number)).collect();
    assert_eq!(answers, ["applied", "already_applied", "already_applied"]);
    assert_eq!(quote.totals.discounts, eur(200));
}

#[test]
fn a_code_goes_before_an_automatic_promotion() {
    let mut shop = ten(|ten| ten.combines_with.clear());
    shop.promotions.push(std::sync::Arc::new(promotion("a-first", percent("5", On::Order))));
    let quote = enter(&shop, &["TEN"], facts());
    assert_eq!(applied(&quote), ["ten"]);
    assert_eq!(quote.skipped[0].refusal.code(), "not_combinable");
    let mut urgent = promotion("urgent", percent("5", On::Order));
    urgent.priority = 1;
    shop.promotions.push(std::sync::Arc::new(urgent));
    let quote = enter(&shop, &["TEN"], facts());
    let with = "urgent".parse().unwrap();
    assert_eq!(quote.codes[0].refused, Some(Refusal::NotCombinable { with }));
}

#[test]
fn a_code_that_would_make_the_cart_dearer_is_refused() {
    let mut shop = ten(|ten| ten.combines_with.clear());
    shop.promotions.push(std::sync::Arc::new(promotion("sale", percent("50", On::Order))));
    let quote = enter(&shop, &["TEN"], facts());
    assert_eq!(applied(&quote), ["sale"]);
    assert_eq!(quote.codes[0].refused, Some(Refusal::NotCombinable { with: "sale".parse().unwrap() }));
    // A gift counts with what it costs.
    let mut present = promotion("present", gift("SOCKS"));
    (present.by_code, present.combines_with) = (true, Default::default());
    shop.promotions.push(std::sync::Arc::new(present));
    shop.coupons.push(coupon("PRESENT", "present"));
    for (minor, lines) in [(999, 1), (1_000, 2)] {
        shop.gifts = vec![line("socks", 1, minor)];
        assert_eq!(enter(&shop, &["PRESENT"], facts()).lines.len(), lines);
    }
}

#[test]
fn a_better_code_takes_the_place_of_one_before() {
    let mut shop = ten(|ten| ten.combines_with.clear());
    for (id, percentage, priority) in [("twenty", "20", 1), ("five", "5", 1)] {
        let mut other = promotion(id, percent(percentage, On::Order));
        (other.by_code, other.priority) = (true, priority);
        other.combines_with.clear();
        shop.promotions.push(std::sync::Arc::new(other));
        shop.coupons.push(coupon(id, id));
    }
    let quote = enter(&shop, &["TEN", "FIVE", "TWENTY"], facts());
    assert_eq!(applied(&quote), ["twenty"]);
    let answers: Vec<_> = (0..3).map(|number| answer(&quote, number)).collect();
    assert_eq!(answers, ["not_combinable", "not_combinable", "applied"]);
    assert_eq!(quote.codes[0].refused, Some(Refusal::NotCombinable { with: "twenty".parse().unwrap() }));
}

#[test]
fn an_order_uses_what_has_a_limit_and_its_codes() {
    let limits = Limits { total: Some(10), per_customer: Some(1) };
    let mut shop = ten(|ten| ten.limits = limits);
    let single = Limits { total: Some(1), per_customer: None };
    shop.coupons = vec![Coupon { limits: single, ..coupon("TEN", "ten") }];
    let quote = enter(&shop, &["TEN"], facts());
    assert_eq!(
        quote.uses,
        [
            Use { limited: Limited::Promotion("ten".parse().unwrap()), limits },
            Use { limited: Limited::Coupon("TEN".parse().unwrap()), limits: single },
        ]
    );
    assert_eq!(quote.uses[1].limited.to_string(), "coupon:TEN");
    assert!(enter(&shop, &[], facts()).uses.is_empty());
    let mut shop = ten(|_| {});
    shop.coupons = vec![coupon("TEN", "ten")];
    let quote = enter(&shop, &["TEN"], facts());
    assert_eq!(
        quote.uses,
        [Use { limited: Limited::Coupon("TEN".parse().unwrap()), limits: Limits::default() }]
    );
}

#[test]
fn a_reason_is_a_word_in_json() {
    let refusal = Refusal::SubtotalTooLow { missing: eur(550) };
    let json = serde_json::to_string(&refusal).unwrap();
    assert_eq!(json, r#"{"reason":"subtotal_too_low","missing":{"minor":550,"currency":"EUR"}}"#);
    let quote = enter(&ten(|_| {}), &["TEN"], facts());
    let json = serde_json::to_string(&quote).unwrap();
    assert_eq!(serde_json::from_str::<Quote>(&json).unwrap(), quote);
}
