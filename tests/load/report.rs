//! What was measured, as a table.

use std::fmt;

use crate::flows::Kind;
use crate::measure::Run;

/// One row.
pub(crate) struct Figures {
    pub(crate) backend: &'static str,
    pub(crate) what: &'static str,
    pub(crate) kind: Kind,
    pub(crate) run: Run,
}

/// Everything.
#[derive(Default)]
pub(crate) struct Report {
    told: Vec<String>,
    rows: Vec<Figures>,
    wrong: Vec<String>,
}

impl Report {
    pub(crate) fn told(&mut self, what: String) {
        self.told.push(what);
    }

    pub(crate) fn measured(&mut self, figures: Figures) {
        self.rows.push(figures);
    }

    pub(crate) fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// Takes what the audit found.
    pub(crate) fn audited(&mut self, backend: &str, found: &[String]) {
        if found.is_empty() {
            self.told(format!("{backend}: stock, orders, promotions and payments agree"));
        }
        self.wrong.extend(found.iter().map(|what| format!("{backend}: {what}")));
    }

    /// Whether nothing failed and everything agrees.
    pub(crate) fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.told {
            writeln!(f, "{line}")?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "| database | server | flow | a second | p50 ms | p95 ms | p99 ms | cores: server, client, all | peak MiB |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|")?;
        for Figures { backend, what, kind, run } in &self.rows {
            let ms = |of: usize| run.percentile(of).as_secs_f64() * 1_000.0;
            let [server, client, all] = run.cores;
            writeln!(
                f,
                "| {backend} | {what} | {} | {:.0} | {:.1} | {:.1} | {:.1} | {server:.2}, {client:.2}, {all:.2} | {} |",
                kind.name(),
                run.rate(),
                ms(50),
                ms(95),
                ms(99),
                run.resident >> 20
            )?;
        }
        for line in &self.wrong {
            writeln!(f, "WRONG: {line}")?;
        }
        Ok(())
    }
}
