//! One contract for every store: what a test here says holds for a directory that is read, for one that nobody
//! reads yet, and for S3 (a moto server, `VITRINE_TEST_S3` says where).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod directory;
mod everywhere;
mod faults;
mod place;
#[allow(dead_code, reason = "another test program uses the rest")]
mod proxy;
mod s3;
