//! Surviving a panic in a part of the program.
//!
//! A panic in WebAssembly is a trap, which ends the process. `lunatic::trap::catch` calls back into the
//! program, through the export [`catch_trap`], and returns here if that call traps.

use crate::host;
use std::fmt;
use std::panic::UnwindSafe;

/// The call panicked or trapped. What it panicked with went to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caught;

/// Calls `body`; if it panics or traps, the process goes on.
///
/// Nothing is dropped on the way: memory and handles of `body` are lost, locks stay locked. For
/// anything but small work a process of its own is the better way.
///
/// The standard library counts panics and does not see that one was caught: it may print only the
/// first ones in full.
///
/// ```no_run
/// let numbers = vec![1, 2, 3];
/// assert_eq!(lunatic::catch_panic(|| numbers[1]), Ok(2));
/// assert_eq!(lunatic::catch_panic(|| numbers[9]), Err(lunatic::Caught));
/// ```
///
/// # Errors
/// [`Caught`].
// Not inlined: the trap leaves the stack pointer where it was, and this function's own end restores it.
#[inline(never)]
pub fn catch_panic<R>(body: impl FnOnce() -> R + UnwindSafe) -> Result<R, Caught> {
    let mut call = Call { body: Some(body), result: None };
    let run = run_as_pointer(&call);
    // SAFETY: `run` is the function for a pointer to this `call`, which nothing else uses meanwhile.
    unsafe { host::trap::catch(run, std::ptr::addr_of_mut!(call) as usize) };
    call.result.ok_or(Caught)
}

struct Call<F, R> {
    body: Option<F>,
    result: Option<R>,
}

impl<F: FnOnce() -> R, R> Call<F, R> {
    fn run(&mut self) {
        self.result = self.body.take().map(|body| body());
    }
}

/// The table index of `Call::run`, whose type cannot be written.
fn run_as_pointer<F: FnOnce() -> R, R>(_: &Call<F, R>) -> usize {
    Call::<F, R>::run as *const () as usize
}

/// Calls the function at a table index; not reaching the end is what the VM answers with 0.
#[cfg(target_family = "wasm")]
#[export_name = "_lunatic_catch_trap"]
extern "C" fn catch_trap(function: usize, pointer: usize) -> usize {
    // SAFETY: `catch_panic` made the number from a function taking the one pointer that comes with it.
    let function: fn(usize) = unsafe { std::mem::transmute(function) };
    function(pointer);
    1
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call panicked or trapped")
    }
}

impl std::error::Error for Caught {}
