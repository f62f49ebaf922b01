//! Time zones by name.

/// How far a zone is east of UTC at a time (seconds since 1970), and what it calls itself then. None
/// if the zone is not known.
#[cfg(feature = "zones")]
pub(super) fn at(name: &str, seconds: i64) -> Option<(i64, &'static str)> {
    if matches!(name, "" | "Local") {
        return None;
    }
    let zone = tzdb_data::find_tz(name.as_bytes())?;
    let now = zone.find_local_time_type(seconds).ok()?;
    Some((i64::from(now.ut_offset()), now.time_zone_designation()))
}

/// The tables of all zones are larger than a page should load: there, all is shown in UTC.
#[cfg(not(feature = "zones"))]
pub(super) fn at(_name: &str, _seconds: i64) -> Option<(i64, &'static str)> {
    None
}
