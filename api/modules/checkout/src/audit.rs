//! Whether orders agree with their payments, stock and promotions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use vitrine_core::StoreId;
use vitrine_db::{Db, Tx};
use vitrine_inventory::{Inventory, Reservation, ReservationState};
use vitrine_order::{Order, OrderId, OrderNumber, OrderState, Orders};
use vitrine_payment::{Attempt, AttemptId, AttemptState, Payments};
use vitrine_promotion::{Promotions, Standing};

use crate::Error;
use crate::complete::{has_money, is_paid};
use crate::place::attempt_of;
use crate::tasks;

/// Orders looked at together.
const BATCH: u32 = 500;

/// An order that does not agree with what others know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// Which order.
    pub order: OrderNumber,
    /// What does not agree.
    pub what: String,
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "order {}: {}", self.order, self.what)
    }
}

/// What others know of an order.
#[derive(Default)]
struct Known {
    attempt: Option<Attempt>,
    reservations: Vec<Reservation>,
    promotions: Vec<Standing>,
    /// Money is about to be given back or taken.
    is_owed: bool,
}

/// Holds every order of a store against its payment, its reservations and its promotions; nothing is right.
///
/// Reads one snapshot, so it may run while the shop sells.
///
/// # Errors
/// When the database fails.
pub async fn audit(db: &Db, store: &StoreId) -> Result<Vec<Discrepancy>, Error> {
    let mut tx = db.snapshot().await?;
    let owed = tasks::open_in(&mut tx, store).await?;
    let (mut found, mut after): (Vec<Discrepancy>, Option<OrderId>) = (Vec::new(), None);
    loop {
        let orders = Orders::page_in(&mut tx, store, after.as_ref(), BATCH).await?;
        let Some(last) = orders.last() else { break };
        after = Some(last.id.clone());
        let mut known = known_in(&mut tx, store, &orders, &owed).await?;
        for order in &orders {
            let faults = faults(order, &known.remove(&order.id).unwrap_or_default());
            found.extend(faults.into_iter().map(|what| Discrepancy { order: order.number.clone(), what }));
        }
    }
    tx.rollback().await?;
    Ok(found)
}

async fn known_in(
    tx: &mut Tx,
    store: &StoreId,
    orders: &[Order],
    owed: &BTreeSet<AttemptId>,
) -> Result<BTreeMap<OrderId, Known>, Error> {
    let names: Vec<&str> = orders.iter().map(|order| order.id.as_str()).collect();
    let mut known: BTreeMap<OrderId, Known> = BTreeMap::new();
    for order in orders {
        let id = attempt_of(&order.id)?;
        let one = known.entry(order.id.clone()).or_default();
        one.is_owed = owed.contains(&id);
        one.attempt = match Payments::attempt_in(tx, store, &id).await {
            Ok(attempt) => Some(attempt),
            Err(vitrine_payment::Error::UnknownAttempt(_)) => None,
            Err(error) => return Err(error.into()),
        };
    }
    let owner = |name: &str| OrderId::try_new(name).ok();
    for reservation in Inventory::reservations_of_in(tx, store, &names).await? {
        if let Some(one) = owner(&reservation.owner).and_then(|id| known.get_mut(&id)) {
            one.reservations.push(reservation);
        }
    }
    for (name, standing) in Promotions::uses_of_in(tx, store, &names).await? {
        if let Some(one) = owner(&name).and_then(|id| known.get_mut(&id)) {
            one.promotions.push(standing);
        }
    }
    Ok(known)
}

fn faults(order: &Order, known: &Known) -> Vec<String> {
    let mut faults = payment_faults(order, known);
    let reserved = |state| known.reservations.iter().filter(move |one| one.state == state);
    let (held, committed) = (reserved(ReservationState::Held), reserved(ReservationState::Committed));
    let uses = |standing| known.promotions.iter().filter(move |one| **one == standing).count();
    let (held, committed) = (held.count(), committed.collect::<Vec<_>>());
    match order.state {
        OrderState::PendingPayment => {
            if !committed.is_empty() || uses(Standing::Committed) > 0 {
                faults.push("it is not paid, but stock or promotions are its own already".to_owned());
            }
        }
        OrderState::Cancelled => {
            if held > 0 || uses(Standing::Held) + uses(Standing::Committed) > 0 {
                faults.push("it is cancelled, but holds stock or promotions".to_owned());
            }
        }
        _ => {
            if held > 0 || uses(Standing::Held) + uses(Standing::Expired) > 0 {
                faults.push("it is placed, but stock or promotions are only held for it".to_owned());
            }
            faults.extend(sale_fault(order, &known.reservations, &committed));
        }
    }
    faults
}

/// What was sold is what was ordered, as far as it is counted; reservations are forgotten some time after their end.
fn sale_fault(order: &Order, all: &[Reservation], committed: &[&Reservation]) -> Option<String> {
    if all.is_empty() {
        return None;
    }
    let [sold] = committed else {
        return Some(format!("it is placed, and its stock was taken {} times", committed.len()));
    };
    let ordered = order.contents.pieces(&order.contents.units());
    let sold = sold.pieces();
    let wrong = sold.iter().find(|(sku, pieces)| ordered.get(*sku) != Some(pieces));
    wrong.map(|(sku, pieces)| format!("{pieces} pieces of {sku} were taken for it, which is not what it has"))
}

fn payment_faults(order: &Order, known: &Known) -> Vec<String> {
    let Some(attempt) = &known.attempt else {
        let is_free = !order.total.is_positive() && order.state != OrderState::PendingPayment;
        return if is_free { Vec::new() } else { vec!["it has no payment".to_owned()] };
    };
    let mut faults = Vec::new();
    if attempt.amount != order.total || attempt.reference != order.id.as_str() {
        faults.push(format!("its payment is of {} for {}", attempt.amount, attempt.reference));
    }
    let is_settled = attempt.state.is_good() || attempt.state.is_dead();
    let was_paid_back = matches!(attempt.state, AttemptState::Refunded | AttemptState::PartiallyRefunded);
    let fault = match order.state {
        OrderState::PendingPayment => is_settled,
        OrderState::Cancelled => (!is_settled || has_money(attempt)) && !known.is_owed,
        _ => !is_paid(attempt) && !was_paid_back,
    };
    if fault {
        faults.push(format!("it is {}, but its payment is {}", order.state, attempt.state));
    }
    faults
}
