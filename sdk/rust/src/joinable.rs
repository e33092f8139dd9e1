//! `Process::spawn`: a function with a context, run in a process of its own that can be joined.
//!
//! On the `lunatic` namespace: the context travels as the only message of a private channel, and the
//! child starts in [`start`], which knows the context's type and is named by its table index.

use crate::channel::Channel;
use crate::error::Error;
use crate::host;
use crate::message::Message;
use crate::process::Process;
use std::fmt;

impl Process {
    /// Runs `entry(context)` in a new process.
    ///
    /// The handle can be joined; dropping it leaves the process running. The program ends with its
    /// main process, whatever the others do.
    ///
    /// A process that answers messages is better spawned with [`Process::spawn_mailbox`].
    ///
    /// ```no_run
    /// use lunatic::Process;
    ///
    /// fn greet(name: String) {
    ///     println!("Hello, {name}!");
    /// }
    ///
    /// Process::spawn("world".to_string(), greet).unwrap().join();
    /// ```
    ///
    /// # Errors
    /// None today: if there can be no other process, the caller dies. The result is for VMs that can refuse.
    pub fn spawn<C: Message>(context: C, entry: fn(C)) -> Result<JoinHandle, Error> {
        let channel = Channel::new(1);
        channel.send(context);
        // SAFETY: `start::<C>` has the type that the VM calls, and `entry` is what it expects.
        let handle = unsafe { host::channel::spawn(start::<C> as *const () as usize, entry as usize, channel.park()) };
        Ok(JoinHandle { handle })
    }
}

/// Where a child begins: takes its context and calls the function at table index `entry`.
extern "C" fn start<C: Message>(entry: usize, channel: u64) {
    read_environment();
    let context = Channel::<C>::unpark(channel).receive();
    // SAFETY: `Process::spawn` made this number from an `fn(C)` with the same `C`.
    let entry: fn(C) = unsafe { std::mem::transmute(entry) };
    entry(context);
}

/// The C library of Rust before 1.78 (`wasm32-wasi`) reads the environment in a constructor. Those run
/// around exports, and a child begins in a function that is none.
#[cfg(all(target_os = "wasi", target_env = ""))]
fn read_environment() {
    extern "C" {
        fn __wasilibc_initialize_environ();
    }
    // SAFETY: as the constructor does, before any other code of the process.
    unsafe { __wasilibc_initialize_environ() }
}

/// Later ones read it when asked for.
#[cfg(not(all(target_os = "wasi", target_env = "")))]
fn read_environment() {}

/// A process started with [`Process::spawn`].
pub struct JoinHandle {
    handle: u32,
}

impl JoinHandle {
    /// Waits until the process has ended, normally or not.
    pub fn join(self) {
        // SAFETY: no memory is involved; the handle is dropped after the call.
        unsafe { host::channel::join(self.handle) }
    }
}

impl Drop for JoinHandle {
    fn drop(&mut self) {
        // SAFETY: no memory is involved; the handle is ours and not used again.
        unsafe { host::channel::drop_handle(self.handle) }
    }
}

impl fmt::Debug for JoinHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinHandle({})", self.handle)
    }
}
