use proptest::prelude::*;

use super::*;

fn time(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

/// The ticks after a moment.
fn ticks(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::try_new(cron, zone).unwrap();
    let mut after = time(after);
    let next = || {
        after = schedule.next_tick(after).unwrap();
        after.to_rfc3339()
    };
    std::iter::repeat_with(next).take(count).collect()
}

#[test]
fn the_night_the_clocks_go_forward_has_its_tick_once() {
    // 02:00 to 03:00 is left out on the 29th of March 2026; the second tick is at 03:00 CEST.
    assert_eq!(
        ticks("0 30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 4),
        ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]
    );
    assert_eq!(
        ticks("0 30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 3),
        ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z", "2026-03-10T06:30:00Z"]
    );
}

#[test]
fn the_night_the_clocks_go_back_has_its_tick_once() {
    // 02:30 comes twice on the 25th of October 2026: at 00:30 and at 01:30 UTC.
    assert_eq!(
        ticks("0 30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
    assert_eq!(
        ticks("0 30 2 * * *", "Europe/Berlin", "2026-10-25T00:40:00Z", 1),
        ["2026-10-26T01:30:00Z"],
        "also for those who ask within the first of the two hours"
    );
    assert_eq!(
        ticks("0 30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1),
        ["2026-10-26T01:30:00Z"],
        "and within the second"
    );
    assert_eq!(
        ticks("0 30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
}

#[test]
fn zones_without_summer_time_tick_evenly() {
    for zone in ["Asia/Tokyo", "Asia/Dubai"] {
        let all = ticks("0 30 2 * * *", zone, "2026-03-01T12:00:00Z", 300);
        let times: Vec<_> = all.iter().map(|text| time(text).ms()).collect();
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 24 * HOUR_MS), "{zone}");
    }
    assert_eq!(ticks("0 0 4 * * *", "Asia/Tokyo", "2026-03-01T12:00:00Z", 1), ["2026-03-01T19:00:00Z"]);
}

#[test]
fn many_ticks_of_a_skipped_hour_are_one_and_a_doubled_hour_has_them_once() {
    assert_eq!(
        ticks("0 */30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 4),
        ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"]
    );
    assert_eq!(
        ticks("0 */30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 3),
        ["2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z"]
    );
    assert_eq!(
        ticks("0 0 2,14 * * *", "Europe/Berlin", "2026-03-28T14:00:00Z", 2),
        ["2026-03-29T01:00:00Z", "2026-03-29T12:00:00Z"],
        "an hour of a list is not lost"
    );
}

#[test]
fn a_day_that_a_zone_left_out_is_made_up_at_its_end() {
    let ticks = ticks("0 0 4 * * *", "Pacific/Apia", "2011-12-29T14:30:00Z", 2);
    assert_eq!(ticks, ["2011-12-30T10:00:00Z", "2011-12-30T14:00:00Z"]);
}

#[test]
fn days_months_and_weekdays_are_counted() {
    let friday_13th = ticks("0 0 4 13 * FRI", "Europe/Berlin", "2026-01-01", 3);
    assert_eq!(friday_13th, ["2026-02-13T03:00:00Z", "2026-03-13T03:00:00Z", "2026-11-13T03:00:00Z"]);
    assert_eq!(ticks("15 0 4 29 2 *", "Europe/Berlin", "2026-01-01", 1), ["2028-02-29T03:00:15Z"]);
}

#[test]
fn the_last_tick_is_found_however_long_it_is_ago() {
    let last = |cron: &str, zone: &str, moment: &str| {
        Schedule::try_new(cron, zone).unwrap().last_tick(time(moment)).map(Timestamp::to_rfc3339)
    };
    let berlin = |moment| last("0 30 2 * * *", "Europe/Berlin", moment).unwrap();
    assert_eq!(berlin("2026-03-29T00:59:59Z"), "2026-03-28T01:30:00Z");
    assert_eq!(berlin("2026-03-29T01:00:00Z"), "2026-03-29T01:00:00Z");
    assert_eq!(berlin("2026-10-25T01:45:00Z"), "2026-10-25T00:30:00Z");
    assert_eq!(last("0 0 4 29 2 *", "Asia/Tokyo", "2027-06-01").unwrap(), "2024-02-28T19:00:00Z");
    assert_eq!(
        last("0 * * * * *", "Asia/Tokyo", "2027-06-01T00:00:59.999Z").unwrap(),
        "2027-06-01T00:00:00Z"
    );
}

#[test]
fn what_is_wrong_is_named_as_the_file_names_it() {
    let error = |cron: &str| Schedule::try_new(cron, "Europe/Berlin").unwrap_err().to_string();
    assert_eq!(
        error("0 4 * * *"),
        "schedule must be \"never\" or cron as in \"0 0 4 * * *\", which is 04:00 every day (found \"0 4 * * *\": it \
         must have six fields)"
    );
    for (cron, why) in [
        ("* 0 4 * * *", "the second must be one number"),
        ("0 0 4 30 2 *", "no day fits it"),
        ("0 0 24 * * *", "out of bounds"),
        ("0 0 4 * * x", "illegal characters"),
        ("60 0 4 * * *", "out of bounds"),
        ("", "six fields"),
    ] {
        assert!(error(cron).contains(why), "{cron}: {}", error(cron));
    }
    let zone = Schedule::try_new("0 0 4 * * *", "Europe/Atlantis").unwrap_err();
    assert_eq!(
        zone.to_string(),
        "time_zone must be a name of the IANA database, such as Europe/Berlin (found \"Europe/Atlantis\")"
    );
}

const CRONS: &[&str] = &["0 30 2 * * *", "0 */20 * * * *", "30 15 1-3 * * *", "0 0 0 1 * *", "0 0 4 * * MON"];
const ZONES: &[&str] =
    &["Europe/Berlin", "America/New_York", "Asia/Dubai", "Australia/Lord_Howe", "Pacific/Apia"];

fn schedule() -> impl Strategy<Value = Schedule> {
    (prop::sample::select(CRONS), prop::sample::select(ZONES))
        .prop_map(|(cron, zone)| Schedule::try_new(cron, zone).unwrap())
}

proptest! {
    #[test]
    fn ticks_move_on_and_the_last_is_the_one_before_the_next(
        schedule in schedule(),
        // 2010 to 2030, to the millisecond.
        moment in (1_262_304_000_000..1_893_456_000_000i64).prop_map(Timestamp::from_ms),
    ) {
        let next = schedule.next_tick(moment).unwrap();
        prop_assert!(next > moment && next.ms() % SECOND_MS == 0);
        let last = schedule.last_tick(moment).unwrap();
        prop_assert!(last <= moment);
        prop_assert_eq!(schedule.next_tick(last), Some(next), "no tick lies between them");
        prop_assert_eq!(schedule.last_tick(next), Some(next));
        prop_assert_eq!(schedule.last_tick(next.plus_ms(-1)), Some(last));
    }
}
