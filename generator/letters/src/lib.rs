//! Letters about orders: which are owed, what they say, and the postman who takes them out.
//!
//! [`owe_in`] turns an event into a letter that is owed, in the transaction that the event is relayed in. The
//! [`Postman`] claims what is owed, writes it with the templates of the theme in the order's language, and hands it to
//! a [`Mailer`](vitrine_mail::Mailer). Killed anywhere, it is taken out by whoever comes next, under the same
//! Message-ID. Owns no tables: what is owed stands in `mail_delivery`, links to orders in `order_link`. Must not know:
//! queues, HTTP, what led to an event.

mod about;
mod address;
mod error;
mod owed;
mod postman;
mod view;
mod voice;

pub use error::Error;
pub use owed::owe_in;
pub use postman::{Postman, Round, Themes};
