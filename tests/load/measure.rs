//! The closed loop, and what a process used meanwhile.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::Arguments;
use crate::flows::{Kind, Shopper};
use crate::process::Server;

const WARM: u8 = 0;
const MEASURED: u8 = 1;
const OVER: u8 = 2;

/// What one flow came to.
#[derive(Debug)]
pub(crate) struct Run {
    /// How long it was measured.
    pub(crate) time: Duration,
    /// How long each took, sorted.
    pub(crate) latencies: Vec<Duration>,
    /// How many there were in all, warm-up included.
    pub(crate) all: u64,
    /// Cores that the server used, the client, and the whole machine with the database.
    pub(crate) cores: [f64; 3],
    /// Largest resident set of the server so far, bytes.
    pub(crate) resident: u64,
    /// The first thing that went wrong.
    pub(crate) error: Option<String>,
}

impl Run {
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.time.as_secs_f64()
    }

    /// The latency that so many of a hundred stay below.
    pub(crate) fn percentile(&self, of_100: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get((self.latencies.len() * of_100 / 100).min(last)).copied().unwrap_or_default()
    }
}

/// Lets every connection go through a flow again and again.
pub(crate) async fn run(
    asked: &Arguments,
    kind: Kind,
    server: &Server,
    warm_up: Duration,
    time: Duration,
) -> Result<Run> {
    let phase = Arc::new(AtomicU8::new(WARM));
    let mut shoppers = Vec::new();
    for number in 0..asked.connections {
        let shopper = Shopper::new(&server.address, number, asked.products, &asked.payment).await?;
        shoppers.push(tokio::spawn(walk(shopper, kind, Arc::clone(&phase))));
    }
    tokio::time::sleep(warm_up).await;
    let (start, before) = (Instant::now(), used(server.id())?);
    phase.store(MEASURED, Ordering::Relaxed);
    tokio::time::sleep(time).await;
    phase.store(OVER, Ordering::Relaxed);
    let (time, after) = (start.elapsed(), used(server.id())?);
    let mut run = Run {
        time,
        latencies: Vec::new(),
        all: 0,
        cores: [0, 1, 2].map(|of| (after[of] - before[of]) / time.as_secs_f64()),
        resident: resident(server.id())?,
        error: None,
    };
    for shopper in shoppers {
        let (latencies, all, error) = shopper.await?;
        run.latencies.extend(latencies);
        run.all += all;
        run.error = run.error.or(error);
    }
    run.latencies.sort_unstable();
    Ok(run)
}

async fn walk(
    mut shopper: Shopper,
    kind: Kind,
    phase: Arc<AtomicU8>,
) -> (Vec<Duration>, u64, Option<String>) {
    let (mut latencies, mut all) = (Vec::new(), 0);
    loop {
        let (begun, start) = (phase.load(Ordering::Relaxed), Instant::now());
        if begun == OVER {
            return (latencies, all, None);
        }
        if let Err(error) = shopper.walk(kind).await {
            return (latencies, all, Some(format!("{error:#}")));
        }
        all += 1;
        // What began before or ended after is not counted.
        if begun == MEASURED && phase.load(Ordering::Relaxed) == MEASURED {
            latencies.push(start.elapsed());
        }
    }
}

/// CPU seconds so far: of the server, of this process, of the machine.
fn used(server: u32) -> Result<[f64; 3]> {
    Ok([process(&server.to_string())?, process("self")?, machine()?])
}

fn process(name: &str) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{name}/stat"))?;
    // The name before may hold anything, also parentheses; then come state and 10 more before user and system time.
    let (_, rest) = stat.rsplit_once(") ").context("no times in /proc")?;
    let times = rest.split(' ').skip(11).take(2).map(|text| text.parse::<f64>().unwrap_or_default());
    Ok(times.sum::<f64>() / ticks())
}

fn machine() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("no times in /proc")?;
    let times: Vec<f64> =
        line.split_whitespace().skip(1).map(|text| text.parse().unwrap_or_default()).collect();
    // user, nice, system, then idle and waiting, interrupts.
    let busy = [0, 1, 2, 5, 6].iter().filter_map(|at| times.get(*at)).sum::<f64>();
    Ok(busy / ticks())
}

/// Ticks of a second: the kernel tells user programs 100 on every machine.
fn ticks() -> f64 {
    100.0
}

fn resident(server: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{server}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no memory in /proc")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}
