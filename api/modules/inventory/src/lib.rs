//! Stock: what is there, what is held for somebody, what is left to sell.
//!
//! Owns the tables `inventory_*`. Must not know: carts, orders and the catalog. A reservation belongs to whatever
//! its opaque owner names; whoever sells a bundle passes the pieces it is made of.
//!
//! **What is counted.** `on_hand` are the pieces at a location that belong to no paid order, `reserved` those of them
//! that are held; `on_hand - reserved` is free. Where backorder is allowed, more than that may be held and sold, and
//! `on_hand` falls below zero by what is owed.
//!
//! **Which location is drawn from.** Free pieces before backorder; in each, locations in the order of their priority
//! (lowest first, equal ones by id). A line is split where one location has too little.
//!
//! **What holds under races.** Whoever changes stock of some SKUs first locks all their rows, sorted, in one
//! statement, then writes with a condition on each row, all or nothing: nobody waits in a circle, and the sum over
//! locations that a state is made of is never stale. The lock lasts until the caller's transaction ends, so reserve
//! late in it, and once. One SKU is sold as often a second as the disk confirms a commit; different SKUs don't wait
//! for each other. The order of locks is: reservation, then stock, then its state.
//!
//! **What others are told.** A change of a SKU's [`StockState`], and a location that runs low, go to the outbox in
//! the same transaction; counts go nowhere, and are read live ([`Inventory::levels`]).

mod adjust;
mod audit;
mod domain;
mod draw;
mod error;
mod events;
mod locations;
mod opening;
mod read;
mod repo;
mod reserve;
mod settle;

pub use adjust::{Adjusted, Adjustment, AdjustmentKind, AdjustmentLine, StockRule};
pub use audit::Discrepancy;
pub use domain::{
    Draw, Level, LocationId, NewReservation, Reservation, ReservationId, ReservationState, Shortage, Stock,
    StockState,
};
pub use error::Error;
pub use events::{StockRanLow, StockStateChanged};
pub use locations::Location;
pub use opening::{Opened, Opening};
pub use read::{Movement, StockQuery};
pub use settle::Settled;
pub use vitrine_core::Write;

/// The module's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "inventory",
    steps: &[("1-tables", include_str!("../migrations/1-tables.sql"))],
};

/// The module's door.
#[derive(Clone, Copy, Debug)]
pub struct Inventory;
