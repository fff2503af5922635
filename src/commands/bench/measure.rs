//! What a process costs: `getrusage` of a child, through a script that does nothing else.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

/// What a process and its own children cost.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Cost {
    /// Seconds on the wall clock.
    pub(super) wall: f64,
    /// CPU seconds of its own code.
    pub(super) user: f64,
    /// CPU seconds of the kernel for it.
    pub(super) system: f64,
    /// Largest resident set, KiB.
    pub(super) peak: u64,
}

impl Cost {
    /// CPU seconds.
    pub(super) fn cpu(self) -> f64 {
        self.user + self.system
    }
}

/// Where a bench ran.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Machine {
    pub(super) cores: usize,
    pub(super) is_debug: bool,
}

impl Machine {
    /// This one.
    pub(super) fn here() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { cores, is_debug: cfg!(debug_assertions) }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cores", self.cores)?;
        if self.is_debug {
            write!(f, ", a debug build: its figures mean nothing")?;
        }
        Ok(())
    }
}

/// Runs programs in the work folder and measures them.
#[derive(Clone, Debug)]
pub(super) struct Bench {
    /// Scripts and theme: `tests/bench`.
    pub(super) files: PathBuf,
    /// Everything that is made.
    pub(super) work: PathBuf,
}

impl Bench {
    /// Path of a script.
    pub(super) fn script(&self, name: &str) -> PathBuf {
        self.files.join("peer").join(name)
    }

    /// A Python script with its arguments; answers what it printed.
    pub(super) fn python<S: AsRef<OsStr>>(&self, script: &str, arguments: &[S]) -> Result<String> {
        let mut command = Command::new("python3");
        command.arg(self.script(script)).args(arguments);
        self.output(&mut command, script)
    }

    /// A Python script with what it cost.
    pub(super) fn measured_python<S: AsRef<OsStr>>(&self, script: &str, arguments: &[S]) -> Result<Cost> {
        let path = self.script(script);
        let mut all: Vec<&OsStr> = vec![path.as_os_str()];
        all.extend(arguments.iter().map(AsRef::as_ref));
        Ok(self.measured("python3", &all)?.0)
    }

    /// This program itself, with what it cost and what it printed.
    pub(super) fn measured_self<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<(Cost, String)> {
        let program = std::env::current_exe().context("can't tell where this program is")?;
        self.measured(program, arguments)
    }

    /// A program with what it cost and what it printed.
    pub(super) fn measured<S: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        arguments: &[S],
    ) -> Result<(Cost, String)> {
        let name = Path::new(&program).display().to_string();
        let report = self.work.join("cost.json");
        let mut command = Command::new("python3");
        command.arg(self.script("measure.py")).arg(&report).arg(&program).args(arguments);
        let printed = self.output(&mut command, &name)?;
        let cost = std::fs::read(&report).with_context(|| report.display().to_string())?;
        Ok((serde_json::from_slice(&cost)?, printed))
    }

    fn output(&self, command: &mut Command, name: &str) -> Result<String> {
        // Settings of this machine must not reach what is measured.
        command.current_dir(&self.work).env_remove("VITRINE_DATABASE_URL").stderr(Stdio::piped());
        let done = command.output().with_context(|| format!("can't start {name}"))?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            let last: Vec<&str> = said.lines().rev().take(3).collect();
            bail!(
                "{name} failed ({}): {}",
                done.status,
                last.into_iter().rev().collect::<Vec<_>>().join(" | ")
            );
        }
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }
}

/// CPU time of this process so far, of all its threads; none where the system does not tell.
pub(super) fn cpu_time() -> Duration {
    #[cfg(target_os = "linux")]
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    #[cfg(target_os = "linux")]
    return Duration::try_from(used).unwrap_or_default();
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}
