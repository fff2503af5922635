//! How long a role waits after a round that failed.

use std::time::Duration;

/// Doubled with each further failure.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(10);

/// The pause after so many failures in a row.
pub(crate) fn pause(failures: u32) -> Duration {
    FIRST.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_ten_seconds() {
        let pauses = [1, 2, 3, 7, u32::MAX].map(|failures| pause(failures).as_millis());
        assert_eq!(pauses, [250, 500, 1_000, 10_000, 10_000]);
    }
}
