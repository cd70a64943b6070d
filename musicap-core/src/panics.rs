//! Panics of other crates, which become errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::one_line;

/// Runs `work`, which calls a crate that may panic: on hostile files, or where a driver fails or
/// memory runs out.
///
/// # Errors
/// The panic's message, in one line.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
        one_line(message.unwrap_or("it panicked without a message"))
    })
}
