//! What a letter says: an order, looked at in its language. No I/O.

use std::collections::BTreeMap;

use vitrine_catalog::SchemaText;
use vitrine_core::{AttributeId, Locale, Money};
use vitrine_order::{Goods, Order, OrderLine, Shipment, Units, Withdrawal};
use vitrine_store::{Edition, Store};
use vitrine_theme::views::{
    LetterKind, LetterLine, LetterOrder, LetterSums, LetterTax, LetterView, Shipped, Text, WithdrawalView,
};

use crate::about::About;
use crate::voice::Voice;
use crate::{Error, address};

/// All that a letter is made from.
pub(crate) struct Facts<'a> {
    pub(crate) kind: LetterKind,
    pub(crate) about: &'a About,
    pub(crate) store: &'a Store,
    pub(crate) edition: &'a Edition,
    pub(crate) locale: &'a Locale,
    pub(crate) voice: &'a Voice,
    /// Languages in which words are looked up.
    pub(crate) chain: &'a [Locale],
    /// Words for what can be chosen of goods, by language.
    pub(crate) schema: &'a BTreeMap<Locale, SchemaText>,
    pub(crate) order: &'a Order,
    pub(crate) goods: &'a Goods,
    /// The secret of the order's link.
    pub(crate) access: &'a str,
}

impl Facts<'_> {
    /// The letter.
    ///
    /// # Errors
    /// [`Error::Word`], or [`Error::Gone`] if the shipment or withdrawal is not there.
    pub(crate) fn view(&self) -> Result<LetterView<'static>, Error> {
        let (voice, config) = (self.voice, &self.store.config);
        let contents = &self.order.contents;
        let mut view = LetterView {
            lang: self.locale.to_string().into(),
            dir: self.locale.direction().as_str().into(),
            subject: self.subject()?.into(),
            store_name: config.name.clone().into(),
            home_url: self.url("").into(),
            seller: self.seller(),
            contact: config.organization.email.clone().into(),
            why: voice.say("mail_why", &[("store", config.name.clone())])?.into(),
            order: LetterOrder {
                number: self.order.number.to_string().into(),
                date: voice.date(self.order.created_at).into(),
                // Behind `#`, so that it is in no log of a server.
                url: self.url(&format!("orders/#{}", self.access)).into(),
            },
            amount: self.about.amount.map(|amount| voice.money(amount).into()),
            ship_to: self.address(&contents.shipping),
            bill_to: (contents.billing != contents.shipping).then(|| self.address(&contents.billing)),
            delivery: self.delivery()?,
            payment: voice.named("payment_", &contents.payment).into(),
            ..LetterView::default()
        };
        self.particulars(&mut view)?;
        Ok(view)
    }

    /// What is in letters of this kind only.
    fn particulars(&self, view: &mut LetterView<'static>) -> Result<(), Error> {
        let all = self.order.contents.units();
        match self.kind {
            LetterKind::OrderReceived => {
                view.lines = self.lines(&all, true)?;
                view.sums = Some(self.sums()?);
            }
            LetterKind::PaymentFailed => {
                view.lead = self.with_amount("mail_payment_failed_lead")?;
                view.lines = self.lines(&all, true)?;
                view.sums = Some(self.sums()?);
            }
            LetterKind::Refunded => view.lead = self.with_amount("mail_refunded_lead")?,
            LetterKind::Shipped => {
                let (shipment, rest_follows) = self.shipment()?;
                let carrier = shipment.carrier.clone();
                view.lead = self.voice.say("mail_shipped_lead", &[("carrier", carrier.clone())])?.into();
                view.lines = self.lines(&shipment.units, false)?;
                let tracking = Some(shipment.tracking.clone()).filter(|number| !number.is_empty());
                let tracking = tracking.map(Text::from);
                view.shipped = Some(Shipped { carrier: carrier.into(), tracking, rest_follows });
            }
            LetterKind::WithdrawalReceived => {
                let withdrawal = self.withdrawal()?;
                let received = self.voice.moment(withdrawal.received_at);
                view.lead = self.voice.say("mail_withdrawal_received_lead", &received)?.into();
                view.lines = self.lines(&withdrawal.units, false)?;
                view.withdrawal = Some(WithdrawalView {
                    name: withdrawal.name.clone().into(),
                    email: withdrawal.email.clone().into(),
                    received: self.voice.say("mail_received_on", &received)?.into(),
                });
            }
        }
        Ok(())
    }

    fn subject(&self) -> Result<String, Error> {
        let number = ("number", self.order.number.to_string());
        let store = ("store", self.store.config.name.clone());
        self.voice.say(&format!("mail_{}_subject", self.kind), &[number, store])
    }

    fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.edition.origin, self.edition.path)
    }

    fn with_amount(&self, id: &str) -> Result<Text<'static>, Error> {
        let amount = self.about.amount.unwrap_or(self.order.total);
        Ok(self.voice.say(id, &[("amount", self.voice.money(amount))])?.into())
    }

    fn seller(&self) -> Vec<Text<'static>> {
        let firm = &self.store.config.organization;
        let town = format!("{} {}", firm.postcode, firm.city);
        let lines = [firm.legal_name.clone(), firm.street.clone(), town, self.voice.country(firm.country)];
        lines.into_iter().chain(firm.phone.clone()).map(Text::from).collect()
    }

    fn address(&self, address: &vitrine_order::Address) -> Vec<Text<'static>> {
        let country = self.voice.country(address.country);
        address::lines(address).into_iter().chain([country]).map(Text::from).collect()
    }

    fn delivery(&self) -> Result<Vec<Text<'static>>, Error> {
        let contents = &self.order.contents;
        let mut lines = vec![self.voice.named("delivery_", contents.delivery.as_str()).into()];
        if let Some(promised) = &contents.promised {
            let (from, to) = (self.voice.day(&promised.earliest), self.voice.day(&promised.latest));
            let expected = match from == to {
                true => self.voice.say("mail_expected_on", &[("date", from)]),
                false => self.voice.say("mail_expected", &[("from", from), ("to", to)]),
            };
            lines.push(expected?.into());
        }
        Ok(lines)
    }

    /// Units of the order's lines, with or without what they cost.
    fn lines(&self, units: &Units, costs: bool) -> Result<Vec<LetterLine<'static>>, Error> {
        let contents = &self.order.contents;
        let named = contents.lines.iter().filter_map(|line| Some((line, *units.get(&line.id)?)));
        let line = |(line, count): (&OrderLine, u32)| {
            let priced = contents.quote.lines.iter().find(|priced| priced.id == line.id);
            let count = self.voice.integer(count);
            let options: Vec<String> =
                line.options.iter().map(|(option, value)| self.option(option, value)).collect();
            Ok(LetterLine {
                name: line.name.clone().into(),
                options: (!options.is_empty()).then(|| options.join(", ").into()),
                sku: line.sku.to_string().into(),
                quantity: self.voice.say("mail_item_quantity", &[("count", count)])?.into(),
                total: priced.filter(|_| costs).map(|priced| self.voice.money(priced.total).into()),
                gift: priced.is_some_and(|priced| priced.gift_of.is_some()),
            })
        };
        named.map(line).collect()
    }

    /// What a choice is called; its id where no language says.
    fn option(&self, option: &str, value: &str) -> String {
        let label = AttributeId::try_new(option).ok().and_then(|attribute| {
            self.chain.iter().find_map(|lang| self.schema.get(lang)?.value.get(&attribute)?.get(value))
        });
        label.cloned().unwrap_or_else(|| value.to_owned())
    }

    fn sums(&self) -> Result<LetterSums<'static>, Error> {
        let (quote, money) = (&self.order.contents.quote, |money| Text::from(self.voice.money(money)));
        let totals = &quote.totals;
        let id = if quote.tax_included { "mail_tax_included" } else { "mail_tax_on_top" };
        let taxes = quote.taxes.iter().filter(|tax| tax.tax.minor() != 0);
        let taxes = taxes.map(|tax| {
            let rate = self.voice.decimal(&tax.rate.to_string());
            Ok(LetterTax { label: self.voice.say(id, &[("rate", rate)])?.into(), amount: money(tax.tax) })
        });
        let taxes = taxes.collect::<Result<Vec<_>, Error>>()?;
        let (taxes_within, taxes_on_top) = match quote.tax_included {
            true => (taxes, Vec::new()),
            false => (Vec::new(), taxes),
        };
        let off = Money::new(-totals.discounts.minor(), totals.discounts.currency());
        Ok(LetterSums {
            goods: money(totals.goods),
            delivery: money(totals.delivery),
            discounts: off.is_negative().then(|| money(off)),
            taxes_on_top,
            total: money(totals.total),
            taxes_within,
        })
    }

    /// The shipment, and whether more of the order was left after it.
    fn shipment(&self) -> Result<(&Shipment, bool), Error> {
        let shipments = &self.goods.shipments;
        let place = match &self.about.part {
            Some(id) => shipments.iter().position(|shipment| shipment.id == *id),
            None => shipments.len().checked_sub(1),
        };
        let until_then = place.and_then(|place| shipments.get(..=place)).unwrap_or_default();
        let shipment = until_then.last().ok_or(Error::Gone("shipment"))?;
        let mut left = self.order.contents.units();
        for (line, units) in until_then.iter().flat_map(|shipment| &shipment.units) {
            if let Some(left) = left.get_mut(line) {
                *left = left.saturating_sub(*units);
            }
        }
        Ok((shipment, left.values().any(|left| *left > 0)))
    }

    fn withdrawal(&self) -> Result<&Withdrawal, Error> {
        let withdrawals = self.goods.withdrawals.iter();
        let found = match &self.about.part {
            Some(id) => withdrawals.clone().find(|withdrawal| withdrawal.id == *id),
            None => withdrawals.last(),
        };
        found.ok_or(Error::Gone("withdrawal"))
    }
}
