//! What a test may ask of a debug build: to be killed or stopped at a named step of what it does.
//!
//! Whoever has steps names them in a list of its own. Nothing of it is in a release build.

/// Says that something has come to a named step.
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
pub use asked::{is_now, strike};

#[cfg(debug_assertions)]
mod asked {
    #![allow(clippy::disallowed_methods, reason = "no setting: only tests know this variable")]

    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    /// A signal at the n-th time a step is come to, as `KILL@planned:1` or `STOP@half put:2`.
    const AT_STEP: &str = "VITRINE_AT_STEP";

    struct Asked {
        signal: Signal,
        step: String,
        left: AtomicU32,
    }

    static ASKED: LazyLock<Option<Asked>> =
        LazyLock::new(|| std::env::var(AT_STEP).ok().and_then(|text| read(&text)));

    fn read(text: &str) -> Option<Asked> {
        let (signal, rest) = text.split_once('@')?;
        let (step, time) = rest.rsplit_once(':')?;
        let signal = match signal {
            "KILL" => Signal::KILL,
            "STOP" => Signal::STOP,
            _ => return None,
        };
        Some(Asked { signal, step: step.to_owned(), left: AtomicU32::new(time.parse().ok()?) })
    }

    /// Whether this is the time at which the signal was asked for; every call counts.
    pub fn is_now(step: &str) -> bool {
        let Some(asked) = ASKED.as_ref().filter(|asked| asked.step == step) else { return false };
        let before = asked.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        before == Ok(1)
    }

    /// Sends this process the signal that was asked for.
    pub fn strike() {
        if let Some(asked) = ASKED.as_ref() {
            // A process may always signal itself.
            let _ = kill_process(getpid(), asked.signal);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_step_is_named_with_a_signal_and_a_time() {
            let asked = read("STOP@half put:2").unwrap();
            assert_eq!((asked.signal, asked.step.as_str()), (Signal::STOP, "half put"));
            assert_eq!(asked.left.load(Ordering::SeqCst), 2);
            for wrong in ["TERM@planned:1", "KILL@planned", "planned:1", "KILL@planned:x"] {
                assert!(read(wrong).is_none(), "{wrong}");
            }
        }
    }
}
