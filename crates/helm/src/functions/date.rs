//! Times and dates. The clock is the caller's and the local zone is UTC. With the feature `zones` the
//! zones of the IANA database are known; without it a time in another zone is shown in UTC.

mod layout;
mod zone;

use super::duration::parse_duration;
use super::{HelmFunction, arg, fault, int, plain, text};
use crate::render::Context;
use gotmpl::Type::{Any, Int, Named, String as Str, Time as When};
use gotmpl::value::{Struct, StructType, Text};
use gotmpl::{Error, IntType, Machine, Value};
pub(super) use layout::{format, parse};
use std::rc::Rc;

static TIME: StructType = StructType { name: "time.Time" };

/// Whether a text shows a time in the layout; the error is that of Go's `time.Parse`.
pub(crate) fn check_time(layout: &str, text: &str) -> Result<(), String> {
    parse(layout, text).map(drop)
}

pub(super) static TABLE: &[HelmFunction] = &[
    plain("ago", &[Any], |machine, args| {
        let then = time_of(&args[0], machine);
        let nanos = now(machine).since(then);
        let seconds = nanos.div_euclid(1_000_000_000)
            + i64::from(nanos.rem_euclid(1_000_000_000) >= 500_000_000);
        Ok(gotmpl::print::duration(seconds.saturating_mul(1_000_000_000)).into())
    }),
    plain("date", &[Str, Any], |machine, args| {
        Ok(format(&local(&args[1], machine), &text(&args, 0)).into())
    }),
    plain("dateInZone", &[Str, Any, Str], in_zone),
    plain("date_in_zone", &[Str, Any, Str], in_zone),
    plain("dateModify", &[Str, When], |_, args| {
        Ok(modify(&args).unwrap_or_else(|_| arg(&args, 1)))
    }),
    plain("date_modify", &[Str, When], |_, args| {
        Ok(modify(&args).unwrap_or_else(|_| arg(&args, 1)))
    }),
    plain("htmlDate", &[Any], |machine, args| {
        Ok(format(&local(&args[0], machine), "2006-01-02").into())
    }),
    plain("htmlDateInZone", &[Any, Str], |machine, args| {
        let time = time_of(&args[0], machine).in_zone(&text(&args, 1));
        Ok(format(&time, "2006-01-02").into())
    }),
    plain("mustDateModify", &[Str, When], |_, args| modify(&args)),
    plain("mustToDate", &[Str, Str], |_, args| {
        parse(&text(&args, 0), &text(&args, 1))
            .map(Time::to_value)
            .map_err(Error::new)
    }),
    plain("must_date_modify", &[Str, When], |_, args| modify(&args)),
    plain("now", &[], |machine, _| Ok(now(machine).to_value())),
    plain("toDate", &[Str, Str], |_, args| {
        Ok(parse(&text(&args, 0), &text(&args, 1))
            .unwrap_or(ZERO)
            .to_value())
    }),
    plain("unixEpoch", &[When], |_, args| {
        Ok(Time::from_value(&args[0])
            .unwrap_or(ZERO)
            .seconds
            .to_string()
            .into())
    }),
];

/// A point in time, with the zone it is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    /// Since 1970 in UTC.
    pub seconds: i64,
    pub nanos: u32,
    /// Seconds east of UTC.
    pub offset: i64,
    /// What the zone calls itself; empty if it has an offset only.
    pub zone: &'static str,
}

/// The zone that all is in unless it says otherwise.
const UTC: &str = "UTC";

/// The zones of times that a TOML document gives without one, as BurntSushi/toml names them.
const LOCAL_ZONES: [&str; 3] = ["datetime-local", "date-local", "time-local"];

/// Go's zero time: the first of January of the year 1.
const ZERO: Time = Time {
    seconds: -62_135_596_800,
    nanos: 0,
    offset: 0,
    zone: UTC,
};

/// A time as a calendar and a clock show it.
pub(super) struct Civil {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    /// Sunday is 0.
    pub weekday: i64,
    pub year_day: i64,
}

impl Time {
    /// The same moment in UTC.
    fn utc(self) -> Time {
        Time {
            offset: 0,
            zone: UTC,
            ..self
        }
    }

    /// The same moment in a zone of the IANA database; in UTC if that is not known.
    fn in_zone(self, name: &str) -> Time {
        match zone::at(name, self.seconds) {
            Some((offset, zone)) => Time {
                offset,
                zone,
                ..self
            },
            None => self.utc(),
        }
    }

    pub fn civil(&self) -> Civil {
        let local = self.seconds + self.offset;
        let (days, clock) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = date_of(days);
        Civil {
            year,
            month,
            day,
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
            weekday: (days + 4).rem_euclid(7),
            year_day: days - days_of(year, 1, 1) + 1,
        }
    }

    fn plus(self, nanos: i64) -> Time {
        let total = i64::from(self.nanos) + nanos.rem_euclid(1_000_000_000);
        Time {
            seconds: self
                .seconds
                .saturating_add(nanos.div_euclid(1_000_000_000) + total / 1_000_000_000),
            nanos: (total % 1_000_000_000) as u32,
            ..self
        }
    }

    /// Nanoseconds from `earlier` to this.
    pub(super) fn since(self, earlier: Time) -> i64 {
        (self.seconds.saturating_sub(earlier.seconds))
            .saturating_mul(1_000_000_000)
            .saturating_add(i64::from(self.nanos) - i64::from(earlier.nanos))
    }

    pub(super) fn to_value(self) -> Value {
        let shown = format(&self, "2006-01-02 15:04:05.999999999 -0700 MST");
        let fields = vec![
            ("seconds", Value::int64(self.seconds)),
            ("nanos", Value::int64(i64::from(self.nanos))),
            ("offset", Value::int64(self.offset)),
            ("zone", self.zone.into()),
            (
                "rfc3339",
                format(&self, "2006-01-02T15:04:05.999999999Z07:00").into(),
            ),
        ];
        Value::Struct(Rc::new(Struct {
            ty: &TIME,
            fields,
            text: Some(Text::from(shown)),
            pointer_text: None,
        }))
    }

    pub(super) fn from_value(value: &Value) -> Option<Time> {
        let Value::Struct(of) = value else {
            return None;
        };
        let number = |name: &str| match of.field(name) {
            Some(Value::Int(_, number)) => Some(*number),
            _ => None,
        };
        let offset = number("offset")?;
        let local = LOCAL_ZONES.iter().find(|zone| {
            matches!(of.field("zone"), Some(Value::String(have)) if have.as_bytes() == zone.as_bytes())
        });
        Some(Time {
            seconds: number("seconds")?,
            nanos: u32::try_from(number("nanos")?).ok()?,
            offset,
            zone: match local {
                Some(zone) => zone,
                None if offset == 0 => UTC,
                None => "",
            },
        })
    }
}

/// A moment in milliseconds since 1970, by one of Go's layouts.
pub(crate) fn format_ms(ms: i64, layout: &str) -> String {
    let time = Time {
        seconds: ms.div_euclid(1000),
        nanos: ms.rem_euclid(1000) as u32 * 1_000_000,
        ..ZERO
    };
    format(&time, layout)
}

/// Days from 1970 to a date, by Howard Hinnant's formula.
pub(super) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date so many days from 1970.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

pub(super) fn now(machine: &Machine<'_, Context>) -> Time {
    let millis = machine.host.now_ms;
    Time {
        seconds: millis.div_euclid(1000),
        nanos: (millis.rem_euclid(1000) * 1_000_000) as u32,
        ..ZERO
    }
}

/// A time, or seconds since 1970; anything else is now.
fn time_of(value: &Value, machine: &Machine<'_, Context>) -> Time {
    match value {
        Value::Int(IntType::Int | IntType::Int64 | IntType::Int32, seconds) => Time {
            seconds: *seconds,
            ..ZERO
        },
        value => Time::from_value(value).unwrap_or_else(|| now(machine)),
    }
}

/// A time, as `time_of` has it, in the local zone.
fn local(value: &Value, machine: &Machine<'_, Context>) -> Time {
    time_of(value, machine).utc()
}

fn in_zone(machine: &mut Machine<'_, Context>, args: Vec<Value>) -> Result<Value, Error> {
    let time = time_of(&args[1], machine).in_zone(&text(&args, 2));
    Ok(format(&time, &text(&args, 0)).into())
}

fn modify(args: &[Value]) -> Result<Value, Error> {
    let time = Time::from_value(&args[1]).unwrap_or(ZERO);
    match parse_duration(&text(args, 0)) {
        Ok(nanos) => Ok(time.plus(nanos).to_value()),
        Err(message) => fault(message),
    }
}

fn this(args: &[Value]) -> Time {
    Time::from_value(&arg(args, 0)).unwrap_or(ZERO)
}

const DURATION: gotmpl::Type = Named("time.Duration");

/// The methods of a time that charts use.
pub(super) static METHODS: &[HelmFunction] = &[
    plain("Add", &[DURATION], |_, args| {
        Ok(this(&args).plus(int(&args, 1)).to_value())
    }),
    plain("AddDate", &[Int, Int, Int], |_, args| {
        let time = this(&args);
        let civil = time.civil();
        let months = civil.year * 12 + civil.month - 1 + int(&args, 1) * 12 + int(&args, 2);
        let first = days_of(months.div_euclid(12), months.rem_euclid(12) + 1, 1);
        let days = first + civil.day - 1 + int(&args, 3);
        let clock = (time.seconds + time.offset).rem_euclid(86_400);
        Ok(Time {
            seconds: days * 86_400 + clock - time.offset,
            ..time
        }
        .to_value())
    }),
    plain("After", &[When], |_, args| {
        Ok((this(&args).since(this(&args[1..])) > 0).into())
    }),
    plain("Before", &[When], |_, args| {
        Ok((this(&args).since(this(&args[1..])) < 0).into())
    }),
    plain("Compare", &[When], |_, args| {
        Ok(this(&args).since(this(&args[1..])).signum().into())
    }),
    plain("Day", &[], |_, args| Ok(this(&args).civil().day.into())),
    plain("Equal", &[When], |_, args| {
        Ok((this(&args).since(this(&args[1..])) == 0).into())
    }),
    plain("Format", &[Str], |_, args| {
        Ok(format(&this(&args), &text(&args, 1)).into())
    }),
    plain("Hour", &[], |_, args| Ok(this(&args).civil().hour.into())),
    plain("IsZero", &[], |_, args| {
        Ok((this(&args).seconds == ZERO.seconds).into())
    }),
    plain("Local", &[], |_, args| Ok(this(&args).utc().to_value())),
    plain("Minute", &[], |_, args| {
        Ok(this(&args).civil().minute.into())
    }),
    plain("Month", &[], |_, args| {
        Ok(Value::Int(IntType::Month, this(&args).civil().month))
    }),
    plain("Nanosecond", &[], |_, args| {
        Ok(i64::from(this(&args).nanos).into())
    }),
    plain("Second", &[], |_, args| {
        Ok(this(&args).civil().second.into())
    }),
    plain("String", &[], |_, args| {
        Ok(gotmpl::print::to_text(&this(&args).to_value()).into())
    }),
    plain("Sub", &[When], |_, args| {
        let length = this(&args).since(this(&args[1..]));
        Ok(Value::Int(IntType::Duration, length))
    }),
    plain("UTC", &[], |_, args| Ok(this(&args).utc().to_value())),
    plain("Unix", &[], |_, args| Ok(Value::int64(this(&args).seconds))),
    plain("UnixMicro", &[], |_, args| {
        let time = this(&args);
        Ok(Value::int64(
            time.seconds.saturating_mul(1_000_000) + i64::from(time.nanos / 1000),
        ))
    }),
    plain("UnixMilli", &[], |_, args| {
        let time = this(&args);
        Ok(Value::int64(
            time.seconds.saturating_mul(1000) + i64::from(time.nanos / 1_000_000),
        ))
    }),
    plain("UnixNano", &[], |_, args| {
        let time = this(&args);
        Ok(Value::int64(
            time.seconds.wrapping_mul(1_000_000_000) + i64::from(time.nanos),
        ))
    }),
    plain("Weekday", &[], |_, args| {
        Ok(Value::Int(IntType::Weekday, this(&args).civil().weekday))
    }),
    plain("Year", &[], |_, args| Ok(this(&args).civil().year.into())),
    plain("YearDay", &[], |_, args| {
        Ok(this(&args).civil().year_day.into())
    }),
];
