//! Which events owe which letters.

use vitrine_core::Timestamp;
use vitrine_db::{Event, Tx};
use vitrine_mail::{Deliveries, Delivery, MailError};
use vitrine_order::{Order, OrderHappened, OrderId, Orders};
use vitrine_payment::{PaymentHappened, Payments};
use vitrine_theme::views::LetterKind;

use crate::Error;
use crate::about::About;

/// Writes down the letter that an event asks for, in the transaction that the event is done with; `false` if it asks
/// for none, or the letter is owed already.
///
/// # Errors
/// [`Error::Payload`] if the event can't be read ([`Error::is_of_the_event`]); otherwise when the database fails.
pub async fn owe_in(tx: &mut Tx, event: &Event, now: Timestamp) -> Result<bool, Error> {
    let Some((kind, about)) = asked(event)? else { return Ok(false) };
    let order = match Orders::get_in(tx, &event.store, &about.order).await {
        Ok(order) => order,
        // Payments may be for something else.
        Err(vitrine_order::Error::NoOrder) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let recipient = recipient_in(tx, event, kind, &about, &order).await?;
    let (store, event) = (event.store.clone(), event.id.clone());
    let delivery = Delivery { store, event, kind: kind.to_string(), recipient };
    match Deliveries::owe_in(tx, &delivery, &serde_json::to_string(&about)?, now).await {
        Ok(is_new) => Ok(is_new),
        Err(MailError::Invalid { field, .. }) => {
            tracing::warn!(store = %delivery.store, event = delivery.event, field, "a letter can go to nobody");
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// The letter that an event asks for.
fn asked(event: &Event) -> Result<Option<(LetterKind, About)>, Error> {
    let kind = match event.kind.as_str() {
        Orders::PLACED => LetterKind::OrderReceived,
        Orders::SHIPPED => LetterKind::Shipped,
        Orders::WITHDRAWN => LetterKind::WithdrawalReceived,
        Payments::FAILED => LetterKind::PaymentFailed,
        Payments::REFUNDED => LetterKind::Refunded,
        _ => return Ok(None),
    };
    let about = match kind {
        LetterKind::PaymentFailed | LetterKind::Refunded => {
            let happened: PaymentHappened = serde_json::from_str(&event.payload)?;
            let Ok(order) = OrderId::try_new(&happened.reference) else { return Ok(None) };
            About { order, at: event.at, part: None, amount: Some(happened.amount) }
        }
        _ => {
            let happened: OrderHappened = serde_json::from_str(&event.payload)?;
            About { order: happened.order, at: event.at, part: happened.about, amount: None }
        }
    };
    Ok(Some((kind, about)))
}

/// Who ordered; a receipt goes where the withdrawal says.
async fn recipient_in(
    tx: &mut Tx,
    event: &Event,
    kind: LetterKind,
    about: &About,
    order: &Order,
) -> Result<String, Error> {
    let contact = &order.contents.contact.email;
    if kind == LetterKind::WithdrawalReceived {
        let goods = Orders::goods_in(tx, &event.store, &about.order).await?;
        let named = goods.withdrawals.into_iter().find(|one| Some(&one.id) == about.part.as_ref());
        return Ok(named.map_or_else(|| contact.clone(), |withdrawal| withdrawal.email).trim().to_owned());
    }
    Ok(contact.trim().to_owned())
}
