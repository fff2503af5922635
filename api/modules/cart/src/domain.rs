//! What a cart holds and how it is changed, without I/O.

use serde::{Deserialize, Serialize};
use vitrine_core::{Country, Sku};
use vitrine_pricing::{Code, Destination, MethodId};

use crate::Error;

/// What a cart may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Lines.
    pub lines: usize,
    /// Units of a line.
    pub units: u32,
    /// Codes.
    pub codes: usize,
    /// Days after its last change that a cart is kept.
    pub days: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { lines: 100, units: 99, codes: 5, days: 30 }
    }
}

/// Longest name of a way of paying, region or postcode.
const WORD_CHARS: usize = 32;

/// Goods in a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Names the line in its cart; a number that is not used again.
    pub id: String,
    /// The variant.
    pub sku: Sku,
    /// Units.
    pub quantity: u32,
    /// What a unit cost when the shopper last changed the cart, minor units.
    pub seen: i64,
}

/// Where the goods go, as far as the shopper has said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Place {
    /// The country.
    pub country: Country,
    /// The second half of ISO 3166-2, as `CA` of `US-CA`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The postcode as the shopper wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
}

impl From<Place> for Destination {
    fn from(place: Place) -> Self {
        Self { country: place.country, region: place.region, postcode: place.postcode }
    }
}

/// All that a cart holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Goods, in the order they were put in.
    #[serde(default)]
    pub items: Vec<Item>,
    /// Codes as entered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// Where the goods go; without it to the storefront's country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The chosen way of delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<MethodId>,
    /// The chosen way of paying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
    /// Number of the next line.
    #[serde(default)]
    next: u32,
}

/// What a shopper does to a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Puts units in; of goods that are there already it becomes more.
    Add {
        /// The variant.
        sku: Sku,
        /// Units, from 1.
        quantity: u32,
    },
    /// Sets the units of a line; 0 takes it out.
    Set {
        /// The line.
        line: String,
        /// Units.
        quantity: u32,
    },
    /// Enters a code; one that is there already stays once.
    Enter(String),
    /// Takes a code out.
    Withdraw(String),
    /// Says where the goods go, or takes it back.
    GoTo(Option<Place>),
    /// Chooses a way of delivery, or none.
    DeliverBy(Option<MethodId>),
    /// Chooses a way of paying, or none.
    PayBy(Option<String>),
    /// Takes everything out.
    Empty,
}

impl Contents {
    /// Makes a change, within the limits.
    pub(crate) fn apply(&mut self, change: &Change, limits: &Limits) -> Result<(), Error> {
        match change {
            Change::Add { sku, quantity } => self.add(sku, *quantity, limits)?,
            Change::Set { line, quantity } => self.set(line, *quantity, limits)?,
            Change::Enter(code) => self.enter(code, limits)?,
            Change::Withdraw(code) => {
                let gone = Code::try_new(code).ok();
                self.codes
                    .retain(|kept| kept != code && (gone.is_none() || Code::try_new(kept).ok() != gone));
            }
            Change::GoTo(place) => {
                let mut words = place.iter().flat_map(|place| [&place.region, &place.postcode]).flatten();
                words.try_for_each(|word| check_word("destination", word))?;
                self.place.clone_from(place);
            }
            Change::DeliverBy(method) => self.delivery.clone_from(method),
            Change::PayBy(method) => {
                method.iter().try_for_each(|word| check_word("payment_method", word))?;
                self.payment.clone_from(method);
            }
            Change::Empty => self.items.clear(),
        }
        Ok(())
    }

    fn add(&mut self, sku: &Sku, quantity: u32, limits: &Limits) -> Result<(), Error> {
        if quantity == 0 {
            return Err(Error::Quantity { found: 0, most: limits.units });
        }
        if let Some(item) = self.items.iter_mut().find(|item| item.sku == *sku) {
            let sum = item.quantity.saturating_add(quantity);
            item.quantity = within(sum, limits)?;
            return Ok(());
        }
        if self.items.len() >= limits.lines {
            return Err(Error::TooManyLines { most: limits.lines });
        }
        let quantity = within(quantity, limits)?;
        self.next += 1;
        self.items.push(Item { id: self.next.to_string(), sku: sku.clone(), quantity, seen: 0 });
        Ok(())
    }

    fn set(&mut self, line: &str, quantity: u32, limits: &Limits) -> Result<(), Error> {
        let Some(at) = self.items.iter().position(|item| item.id == line) else {
            return Err(Error::NoLine(line.to_owned()));
        };
        if quantity == 0 {
            self.items.remove(at);
        } else if let Some(item) = self.items.get_mut(at) {
            item.quantity = within(quantity, limits)?;
        }
        Ok(())
    }

    fn enter(&mut self, text: &str, limits: &Limits) -> Result<(), Error> {
        let code = Code::try_new(text).map_err(|source| Error::Code { code: text.to_owned(), source })?;
        let is_it = |kept: &String| Code::try_new(kept).is_ok_and(|kept| kept == code);
        if self.codes.iter().any(is_it) {
            return Ok(());
        }
        if self.codes.len() >= limits.codes {
            return Err(Error::TooManyCodes { most: limits.codes });
        }
        self.codes.push(text.trim().to_owned());
        Ok(())
    }
}

fn within(quantity: u32, limits: &Limits) -> Result<u32, Error> {
    match quantity {
        found if found > limits.units => Err(Error::Quantity { found, most: limits.units }),
        quantity => Ok(quantity),
    }
}

fn check_word(field: &'static str, word: &str) -> Result<(), Error> {
    let chars = word.chars().count();
    match (1..=WORD_CHARS).contains(&chars) && !word.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Error::Word { field, most: WORD_CHARS }),
    }
}
