//! Where the native programs get their memory from: mimalloc, because a cluster is many small, shared pieces.
//!
//! A program of a moment, such as `rollout-lab template`, takes memory from the system as it needs it
//! (`.cargo/config.toml` compiles mimalloc so). One that plays a lab calls [`reserve`] first.

use mimalloc::MiMalloc;
use std::ptr;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How much address space a lab is given. Memory beyond it is taken as it is needed.
#[cfg(target_pointer_width = "64")]
const RESERVED: usize = 1 << 30;
#[cfg(not(target_pointer_width = "64"))]
const RESERVED: usize = 128 << 20;

/// mimalloc's option `purge_delay`, which the crate has no name for: after how many milliseconds what is
/// free is given back to the system.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Reserves address space for a lab, which the system fills in huge pages where it can: then most of what
/// a lab touches is in the processor's table of pages, and little of it is given back and asked for again.
/// A roll of 1,000 pods takes a quarter less time, and a small program would take twice the memory.
///
/// A system that refuses changes nothing but the speed.
#[allow(
    unsafe_code,
    reason = "mimalloc's own function, for which there is no safe wrapper"
)]
pub fn reserve() {
    let (is_committed, has_huge_pages, is_exclusive) = (true, true, false);
    // SAFETY: both may be called at any time while there is one thread; a null pointer means that nobody
    // wants to know the place.
    let _refused = unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1);
        libmimalloc_sys::mi_reserve_os_memory_ex(
            RESERVED,
            is_committed,
            has_huge_pages,
            is_exclusive,
            ptr::null_mut(),
        )
    };
}
