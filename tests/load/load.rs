//! How fast the shop sells: a closed loop of 64 connections against `vitrine api`, with server, database and client on
//! one machine, and a bare axum and sqlx server measured in the same run.
//!
//! `cargo bench --bench load` does all of it; `-- --help` says what can be asked. Everything that was sold is audited
//! afterwards. docs/benchmarks.md says what the figures mean.

#![allow(clippy::print_stdout, reason = "it tells what it measured")]
#![allow(
    clippy::disallowed_methods,
    reason = "it measures time, and is set up by its arguments and by where tests find PostgreSQL"
)]

mod bare;
mod client;
mod database;
mod flows;
mod measure;
mod process;
mod report;
mod shop;

#[path = "../../api/modules/import/examples/make_feed.rs"]
#[allow(dead_code, reason = "its own main")]
mod make_feed;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use tokio::runtime::{Builder, Runtime};

use crate::database::Database;
use crate::flows::Kind;
use crate::process::Server;
use crate::report::{Figures, Report};
use crate::shop::Shop;

/// What can be asked of it.
#[derive(Clone, Debug, Parser)]
#[command(about = "How fast the shop sells, beside a bare axum and sqlx server on the same database")]
pub(crate) struct Arguments {
    /// Databases, one after the other
    #[arg(long, value_delimiter = ',', default_values = ["sqlite", "postgres"])]
    database: Vec<Backend>,
    /// Products, with three variants each
    #[arg(long, default_value_t = 10_000)]
    products: u64,
    /// Connections, each with one request at a time
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long each flow is measured, seconds
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How long each runs before it is measured, seconds
    #[arg(long, default_value_t = 3)]
    warm_up: u64,
    /// How orders are paid: card (the test provider, which keeps books in the same database) or invoice
    #[arg(long, default_value = "card")]
    payment: String,
    /// Only the shop, without the bare server
    #[arg(long)]
    no_bare: bool,
    /// Serves the bare server; for the run's own use
    #[arg(long, hide = true)]
    serve_bare: Option<String>,
    /// cargo says so
    #[arg(long, hide = true)]
    bench: bool,
}

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// A file, synchronous=FULL.
    Sqlite,
    /// A server.
    Postgres,
}

impl Backend {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// As `vitrine` has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<ExitCode> {
    let asked = Arguments::parse();
    if let Some(url) = &asked.serve_bare {
        Runtime::new()?.block_on(bare::serve(url, asked.products))?;
        return Ok(ExitCode::SUCCESS);
    }
    // One thread is enough for the client, and leaves the rest to the server.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::default();
    for backend in &asked.database {
        runtime.block_on(one(&asked, *backend, &mut report))?;
    }
    println!("{report}");
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures everything on one database.
async fn one(asked: &Arguments, backend: Backend, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let database = Database::create(backend, folder.path()).await?;
    report.told(format!("{}: {}", backend.name(), database.promises().await?));
    let shop = Shop::new(folder.path(), &database, asked)?;
    eprintln!("{}: importing {} products", backend.name(), asked.products);
    shop.import()?;
    database.analyse().await?;
    let server = Server::shop(&shop).await?;
    report.told(format!("{}: ready in {:.3} s", backend.name(), server.ready_in.as_secs_f64()));
    let sold = measured(asked, backend, "vitrine", &server, report).await?;
    server.stop().await?;
    let found = shop.audit(&database, sold).await?;
    report.audited(backend.name(), &found);
    if !asked.no_bare {
        let bare = Database::create(backend, &folder.path().join("bare")).await?;
        let server = Server::bare(&own_program()?, &bare.url, asked).await?;
        measured(asked, backend, "bare", &server, report).await?;
        server.stop().await?;
        bare.remove().await?;
    }
    database.remove().await
}

/// Measures each flow; answers how many orders were placed, warm-up included.
async fn measured(
    asked: &Arguments,
    backend: Backend,
    what: &'static str,
    server: &Server,
    report: &mut Report,
) -> Result<u64> {
    let mut sold = 0;
    for kind in Kind::ALL {
        eprintln!("{}: {what}: {}", backend.name(), kind.name());
        let (warm_up, time) = (Duration::from_secs(asked.warm_up), Duration::from_secs(asked.seconds));
        let run = measure::run(asked, kind, server, warm_up, time).await?;
        if let Some(error) = &run.error {
            report.wrong(format!("{}, {what}, {}: {error}", backend.name(), kind.name()));
        }
        if kind == Kind::Order {
            sold += run.all;
        }
        report.measured(Figures { backend: backend.name(), what, kind, run });
    }
    Ok(sold)
}

fn own_program() -> Result<PathBuf> {
    Ok(std::env::current_exe()?)
}
