//! The HTTP service: routes, and around them what keeps a service standing.
//!
//! [`router`] is the service without a socket, [`serve`] with one. Owns: the HTTP shape of requests and answers
//! ([`Problem`] and its [`Code`]s, `docs/admin-api.md` and `docs/shop-api.md`), limits, request ids, who the client is. Must not know: SQL and
//! rules of the shop; handlers read a request, call a door and write the answer.

mod admin;
mod api;
mod auth;
mod client;
mod cors;
mod document;
mod extract;
mod limits;
mod observe;
mod outage;
mod problem;
mod publish;
mod ready;
mod routes;
mod server;
mod shop;
mod status;
mod test_payment;

pub use api::{Api, Doors};
pub use cors::{NoOrigin, Origin};
pub use document::document;
pub use limits::Limits;
pub use problem::{Code, Problem};
pub use routes::router;
pub use server::{serve, serve_probes};
pub use shop::{PlainHttp, Shopfront};
pub use status::{CountryStatus, Running, Status, StatusResult, StatusSource, Trouble, Waiting};
