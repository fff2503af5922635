//! What a test may ask of a debug build: to be killed or stopped at a named step of a publish, or to be a newer program.
//!
//! Nothing of it is in a release build.

/// The named steps of a publish, in their order. A worker of several slots comes to them in any.
///
/// What the CDN must forget is committed with the batch, so there is no step of its own between the two.
pub const STEPS: &[&str] = &[
    "lease taken",
    "planned",
    "journal committed",
    "half put",
    "all put",
    "batch recorded",
    "deletions journaled",
    "deleted",
    "before close",
    "closed",
    "before answer",
    "before purge",
    "purged",
];

/// Says that a publish has come to one of [`STEPS`].
#[inline]
pub fn step(name: &str) {
    #[cfg(debug_assertions)]
    if asked::is_now(name) {
        asked::strike();
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}

#[cfg(debug_assertions)]
pub(crate) use asked::{is_now, render_epoch, strike};

#[cfg(debug_assertions)]
mod asked {
    #![allow(clippy::disallowed_methods, reason = "no setting: only tests know these variables")]

    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    /// A signal at the n-th time a step is come to, as `KILL@planned:1` or `STOP@half put:2`.
    const AT_STEP: &str = "VITRINE_AT_STEP";
    /// The epoch that this program is to have.
    const EPOCH: &str = "VITRINE_RENDER_EPOCH";

    struct Asked {
        signal: Signal,
        step: String,
        left: AtomicU32,
    }

    static ASKED: LazyLock<Option<Asked>> =
        LazyLock::new(|| std::env::var(AT_STEP).ok().and_then(|text| read(&text)));
    static EPOCH_ASKED: LazyLock<Option<i64>> =
        LazyLock::new(|| std::env::var(EPOCH).ok().and_then(|text| text.parse().ok()));

    fn read(text: &str) -> Option<Asked> {
        let (signal, rest) = text.split_once('@')?;
        let (step, time) = rest.rsplit_once(':')?;
        let signal = match signal {
            "KILL" => Signal::KILL,
            "STOP" => Signal::STOP,
            _ => return None,
        };
        let known = super::STEPS.contains(&step);
        known.then_some(Asked { signal, step: step.to_owned(), left: AtomicU32::new(time.parse().ok()?) })
    }

    /// Whether this is the time at which the signal was asked for; every call counts.
    pub(crate) fn is_now(step: &str) -> bool {
        let Some(asked) = ASKED.as_ref().filter(|asked| asked.step == step) else { return false };
        let before = asked.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        before == Ok(1)
    }

    /// Sends this process the signal that was asked for.
    pub(crate) fn strike() {
        if let Some(asked) = ASKED.as_ref() {
            // A process may always signal itself.
            let _ = kill_process(getpid(), asked.signal);
        }
    }

    pub(crate) fn render_epoch() -> Option<i64> {
        *EPOCH_ASKED
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_step_is_named_with_a_signal_and_a_time() {
            let asked = read("STOP@half put:2").unwrap();
            assert_eq!((asked.signal, asked.step.as_str()), (Signal::STOP, "half put"));
            assert_eq!(asked.left.load(Ordering::SeqCst), 2);
            for wrong in
                ["KILL@no such step:1", "TERM@planned:1", "KILL@planned", "planned:1", "KILL@planned:x"]
            {
                assert!(read(wrong).is_none(), "{wrong}");
            }
        }
    }
}
