//! The page in English.

mod cluster;
mod delivery;
mod files;
mod page;
mod time;

use view::Millis;

pub use cluster::*;
pub use delivery::*;
pub use files::*;
pub use page::*;
pub use time::*;

// Numbers

/// A share of all; only all of them are 100 %.
pub fn percent(tenths: u64) -> String {
    match tenths {
        1_000 => "100 %".to_owned(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// MiB as the larger unit where it is one: `384` is `384 Mi`, `4096` is `4 Gi`, `1536` is `1.5 Gi`.
pub fn memory(mib: u64) -> String {
    if mib < 1_024 {
        return format!("{mib} Mi");
    }
    let tenths = mib * 10 / 1_024;
    if tenths.is_multiple_of(10) {
        format!("{} Gi", tenths / 10)
    } else {
        format!("{}.{} Gi", tenths / 10, tenths % 10)
    }
}

/// A duration, short: `800 ms`, `4 s`, `2 min 5 s`.
pub fn duration(t: Millis) -> String {
    match t {
        0..1_000 => format!("{t} ms"),
        1_000..60_000 => format!("{} s", t / 1_000),
        _ => format!("{} min {} s", t / 60_000, t / 1_000 % 60),
    }
}

/// `1 pod`, `3 pods`.
fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
