//! Services of one test's own, which it may kill.

#[path = "../../../platform/queue/tests/support/broker.rs"]
#[allow(dead_code, reason = "another test program uses the rest")]
mod broker;
mod postgres;
#[path = "../../../platform/objects/tests/contract/proxy.rs"]
#[allow(dead_code, reason = "another test program uses the rest")]
mod proxy;

use std::hash::{BuildHasher as _, RandomState};
use std::net::TcpListener;

pub(crate) use broker::Broker;
pub(crate) use postgres::Postgres;
pub(crate) use proxy::{Fault, Proxy};

/// The hasher's keys are random in each process and differ from call to call.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// A port nobody listens at.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
