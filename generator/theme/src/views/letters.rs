//! Letters about orders.

use std::fmt;

use serde::Serialize;

use super::Text;

/// What a letter is about; its templates are `mail/<kind>.html` and `mail/<kind>.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LetterKind {
    /// The order is placed.
    OrderReceived,
    /// Its payment failed.
    PaymentFailed,
    /// Goods left.
    Shipped,
    /// Money went back.
    Refunded,
    /// A withdrawal was received.
    WithdrawalReceived,
}

impl LetterKind {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::OrderReceived, Self::PaymentFailed, Self::Shipped, Self::Refunded, Self::WithdrawalReceived];

    /// As in files and messages: `order_received`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderReceived => "order_received",
            Self::PaymentFailed => "payment_failed",
            Self::Shipped => "shipped",
            Self::Refunded => "refunded",
            Self::WithdrawalReceived => "withdrawal_received",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for LetterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A letter about an order, of any kind.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LetterView<'a> {
    /// BCP 47 tag of the order's language.
    pub lang: Text<'a>,
    /// `ltr` or `rtl`.
    pub dir: Text<'a>,
    /// Its subject.
    pub subject: Text<'a>,
    /// The brand.
    pub store_name: Text<'a>,
    /// Absolute address of the edition's home page.
    pub home_url: Text<'a>,
    /// Who sells: registered name and address, line by line.
    pub seller: Vec<Text<'a>>,
    /// Where answers go.
    pub contact: Text<'a>,
    /// Why somebody gets it, in a sentence.
    pub why: Text<'a>,
    /// What happened, in a sentence; empty where the template says it.
    pub lead: Text<'a>,
    /// The order.
    pub order: LetterOrder<'a>,
    /// An amount that the letter is about: what failed or went back.
    pub amount: Option<Text<'a>>,
    /// What left, for [`LetterKind::Shipped`].
    pub shipped: Option<Shipped<'a>>,
    /// What was declared, for [`LetterKind::WithdrawalReceived`].
    pub withdrawal: Option<WithdrawalView<'a>>,
    /// Goods the letter is about.
    pub lines: Vec<LetterLine<'a>>,
    /// What it costs, where the letter is about that.
    pub sums: Option<LetterSums<'a>>,
    /// Where it goes.
    pub ship_to: LetterBlock<'a>,
    /// Whom the bill is for, where that is somebody else.
    pub bill_to: Option<LetterBlock<'a>>,
    /// How it gets there, and when.
    pub delivery: LetterBlock<'a>,
    /// How it is paid.
    pub payment: Text<'a>,
}

/// Lines of text under each other.
pub type LetterBlock<'a> = Vec<Text<'a>>;

/// The order that a letter is about.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LetterOrder<'a> {
    /// What people call it.
    pub number: Text<'a>,
    /// When it was made.
    pub date: Text<'a>,
    /// Absolute address at which whoever has it sees the order.
    pub url: Text<'a>,
}

/// Goods that left.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Shipped<'a> {
    /// Who brings them.
    pub carrier: Text<'a>,
    /// The carrier's number, if there is one.
    pub tracking: Option<Text<'a>>,
    /// Whether more of the order follows.
    pub rest_follows: bool,
}

/// A withdrawal as it was declared.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WithdrawalView<'a> {
    /// Who declared it.
    pub name: Text<'a>,
    /// Their address for mail.
    pub email: Text<'a>,
    /// When it was received, with time and time zone.
    pub received: Text<'a>,
}

/// Goods in a letter.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LetterLine<'a> {
    /// What.
    pub name: Text<'a>,
    /// What was chosen of it, if anything.
    pub options: Option<Text<'a>>,
    /// Its SKU.
    pub sku: Text<'a>,
    /// How many: `2 ×`.
    pub quantity: Text<'a>,
    /// What they cost after discounts; none where the letter is not about that.
    pub total: Option<Text<'a>>,
    /// Whether it is given away.
    pub gift: bool,
}

/// What an order costs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LetterSums<'a> {
    /// Goods before promotions.
    pub goods: Text<'a>,
    /// Delivery before promotions.
    pub delivery: Text<'a>,
    /// What promotions take off, with its sign, if anything.
    pub discounts: Option<Text<'a>>,
    /// Taxes that come on top, by rate.
    pub taxes_on_top: Vec<LetterTax<'a>>,
    /// What is charged.
    pub total: Text<'a>,
    /// Taxes that are in the total, by rate.
    pub taxes_within: Vec<LetterTax<'a>>,
}

/// A tax of an order.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LetterTax<'a> {
    /// Which, in words with its rate.
    pub label: Text<'a>,
    /// How much.
    pub amount: Text<'a>,
}
