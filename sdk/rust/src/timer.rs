//! Timers: messages sent later, and waiting.
//!
//! The VM counts in milliseconds. Durations are rounded up, so nothing happens too early.

use crate::host;
use crate::message::Message;
use crate::process::Process;
use crate::scratch;
use crate::tag::Tag;
use std::time::{Duration, Instant};

/// Suspends the calling process. Others run meanwhile.
pub fn sleep(duration: Duration) {
    // SAFETY: no memory is involved.
    unsafe { host::process::sleep_ms(milliseconds(duration)) }
}

/// A message on its way. Dropping this does not stop it.
#[derive(Debug)]
pub struct Timer {
    id: u64,
}

impl Timer {
    /// True if the message was stopped, false if it has been sent already.
    pub fn cancel(self) -> bool {
        // SAFETY: no memory is involved.
        unsafe { host::timer::cancel_timer(self.id) != 0 }
    }
}

impl<M: Message> Process<M> {
    /// Sends `message` after `delay`, also if the caller has ended by then.
    pub fn send_after(&self, message: M, delay: Duration) -> Timer {
        self.send_number_after(0, &message, delay)
    }

    /// Like [`Process::send_after`], with a tag.
    pub fn tag_send_after(&self, tag: Tag, message: M, delay: Duration) -> Timer {
        self.send_number_after(tag.number(), &message, delay)
    }

    fn send_number_after(&self, tag: i64, message: &M, delay: Duration) -> Timer {
        scratch::write(tag, message);
        // SAFETY: no memory is involved.
        Timer { id: unsafe { host::timer::send_after(self.id(), milliseconds(delay)) } }
    }
}

/// Rounded up. `u64::MAX` means "no timeout" to the VM and is not reached.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    let whole = duration.as_nanos().saturating_add(999_999) / 1_000_000;
    u64::try_from(whole).unwrap_or(u64::MAX).min(u64::MAX - 1)
}

/// A moment up to which a wait may take, over several tries.
pub(crate) struct Deadline {
    start: Instant,
    timeout: Duration,
}

impl Deadline {
    pub(crate) fn after(timeout: Duration) -> Self {
        Deadline { start: Instant::now(), timeout }
    }

    pub(crate) fn remaining_ms(&self) -> u64 {
        milliseconds(self.timeout.saturating_sub(self.start.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_rounds_up_and_stays_a_timeout() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds(Duration::from_micros(2_000)), 2);
        assert_eq!(milliseconds(Duration::MAX), u64::MAX - 1);
    }
}
