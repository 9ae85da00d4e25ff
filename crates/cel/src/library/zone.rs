//! Time zones: fixed offsets, and names of the IANA database that is part of this crate.

use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::eval::Timestamp;

/// Seconds east of UTC at a point in time.
pub(super) fn offset(name: &str, time: Timestamp) -> Result<i64, String> {
    if let Some((hours, minutes)) = name.split_once(':') {
        return fixed(name, hours, minutes).ok_or_else(|| format!("parsing \"{name}\": invalid offset"));
    }
    match name {
        // `Local` is the zone of the API server, which is not known here.
        "" | "UTC" | "Local" => Ok(0),
        _ => {
            let unknown = || format!("unknown time zone {name}");
            let zone = database().get(name).map_err(|_| unknown())?;
            // Names are told apart by case, as on the API server's file system.
            if zone.iana_name() != Some(name) {
                return Err(unknown());
            }
            at(&zone, time).ok_or_else(unknown)
        }
    }
}

/// The last second for which the database is asked; rules do not change after it.
const LAST: i64 = 253_402_207_200;

fn at(zone: &TimeZone, time: Timestamp) -> Option<i64> {
    let time = jiff::Timestamp::from_second(time.seconds.min(LAST)).ok()?;
    Some(i64::from(zone.to_offset(time).seconds()))
}

/// `hours:minutes`, the sign being that of the hours as text.
fn fixed(name: &str, hours: &str, minutes: &str) -> Option<i64> {
    let hours: i64 = hours.parse().ok()?;
    let minutes: i64 = minutes.parse().ok()?;
    let hours = hours.checked_mul(60)?;
    let total = if name.starts_with('-') { hours.checked_sub(minutes)? } else { hours.checked_add(minutes)? };
    total.checked_mul(60).filter(|seconds| seconds.abs() < 1 << 40)
}

fn database() -> &'static TimeZoneDatabase {
    static DATABASE: std::sync::LazyLock<TimeZoneDatabase> = std::sync::LazyLock::new(TimeZoneDatabase::bundled);
    &DATABASE
}
