//! Everything that search engines, browsers and people are promised, asserted over every file of the demo shop.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod addresses;
mod data;
mod page;
mod search;
mod site;
mod words;
