//! Mailboxes: the one ordered queue of messages each process has.

use crate::host;
use crate::message::Message;
use crate::process::{process_id, Process};
use crate::scratch;
use crate::tag::Tag;
use crate::timer::{milliseconds, Deadline};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The mailbox of the calling process, which takes messages of type `M`.
///
/// Messages of one sender arrive in the order sent. A process spawned with a mailbox is given it;
/// others [take](Mailbox::take) theirs, once.
///
/// Receiving panics when a message is not an `M`: its sender holds a [`Process`] of a wrong type.
pub struct Mailbox<M> {
    messages: PhantomData<M>,
}

/// A mailbox that also gets word of dead processes; made by [`Mailbox::catch_link_failure`] and
/// [`Mailbox::monitorable`].
pub struct SignalMailbox<M> {
    messages: PhantomData<M>,
}

/// What a [`SignalMailbox`] receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received<M> {
    Message(M),
    /// A linked process failed; this is the tag of the link, if it had one on this side.
    LinkDied(Option<Tag>),
    /// The monitored process with this id ended, normally or not.
    ProcessDied(u64),
}

/// Set once the process' mailbox has an owner.
static TAKEN: AtomicBool = AtomicBool::new(false);

impl<M> Mailbox<M> {
    /// The mailbox of a process that was not given one: the main process, or one started with
    /// [`Process::spawn`].
    ///
    /// # Panics
    /// If it has been taken: a mailbox has one owner and one type.
    pub fn take() -> Self {
        if TAKEN.swap(true, Ordering::Relaxed) {
            panic!("the mailbox of this process has been taken already");
        }
        Mailbox { messages: PhantomData }
    }

    /// The calling process, for others to send to.
    pub fn this(&self) -> Process<M> {
        Process::from_id(process_id())
    }

    /// From now on the failure of a linked process is a message; it does not end this one.
    pub fn catch_link_failure(self) -> SignalMailbox<M> {
        self.monitorable().catch_link_failure()
    }

    /// Allows this process to monitor others.
    pub fn monitorable(self) -> SignalMailbox<M> {
        SignalMailbox { messages: PhantomData }
    }
}

impl<M: Message> Mailbox<M> {
    /// Takes the oldest message. Waits until there is one.
    pub fn receive(&self) -> M {
        only_message(wait(&[], None))
    }

    /// Like [`Mailbox::receive`]; `None` if there was no message for that long.
    pub fn receive_timeout(&self, timeout: Duration) -> Option<M> {
        wait(&[], Some(timeout)).map(|received| only_message(Some(received)))
    }

    /// Takes the oldest message that has one of these tags; the others stay, in order.
    ///
    /// # Panics
    /// If there are no tags: nothing could ever arrive.
    pub fn tag_receive(&self, tags: &[Tag]) -> M {
        only_message(wait(some_tags(tags), None))
    }

    /// Like [`Mailbox::tag_receive`]; `None` if there was no such message for that long.
    ///
    /// # Panics
    /// If there are no tags.
    pub fn tag_receive_timeout(&self, tags: &[Tag], timeout: Duration) -> Option<M> {
        wait(some_tags(tags), Some(timeout)).map(|received| only_message(Some(received)))
    }
}

impl<M> SignalMailbox<M> {
    /// As [`Mailbox::this`].
    pub fn this(&self) -> Process<M> {
        Process::from_id(process_id())
    }

    /// As [`Mailbox::catch_link_failure`].
    pub fn catch_link_failure(self) -> Self {
        // SAFETY: no memory is involved.
        unsafe { host::process::die_when_link_dies(0) };
        self
    }

    /// Asks for a [`Received::ProcessDied`] when the process ends, however it does; at once if it has.
    pub fn monitor<N>(&self, process: Process<N>) {
        // SAFETY: no memory is involved.
        unsafe { host::process::monitor(process.id()) }
    }

    pub fn stop_monitoring<N>(&self, process: Process<N>) {
        // SAFETY: no memory is involved.
        unsafe { host::process::stop_monitoring(process.id()) }
    }
}

impl<M: Message> SignalMailbox<M> {
    /// Takes the oldest message or notice. Waits until there is one.
    pub fn receive(&self) -> Received<M> {
        without_timeout(wait(&[], None))
    }

    /// Like [`SignalMailbox::receive`]; `None` if there was nothing for that long.
    pub fn receive_timeout(&self, timeout: Duration) -> Option<Received<M>> {
        wait(&[], Some(timeout))
    }

    /// Takes the oldest message, or failure of a link, that has one of these tags.
    ///
    /// # Panics
    /// If there are no tags.
    pub fn tag_receive(&self, tags: &[Tag]) -> Received<M> {
        without_timeout(wait(some_tags(tags), None))
    }

    /// Like [`SignalMailbox::tag_receive`]; `None` if there was nothing for that long.
    ///
    /// # Panics
    /// If there are no tags.
    pub fn tag_receive_timeout(&self, tags: &[Tag], timeout: Duration) -> Option<Received<M>> {
        wait(some_tags(tags), Some(timeout))
    }
}

fn some_tags(tags: &[Tag]) -> &[Tag] {
    assert!(!tags.is_empty(), "a receive by tag needs at least one tag");
    tags
}

fn without_timeout<T>(received: Option<T>) -> T {
    received.expect("a wait without a timeout cannot time out")
}

/// Notices need a `SignalMailbox`, and there is one mailbox.
fn only_message<M>(received: Option<Received<M>>) -> M {
    match without_timeout(received) {
        Received::Message(message) => message,
        Received::LinkDied(_) | Received::ProcessDied(_) => {
            panic!("a notice of a dead process in a mailbox that did not ask for any")
        }
    }
}

/// Waits for anything, or for what has one of `tags`. `None`: the time is over.
fn wait<M: Message>(tags: &[Tag], timeout: Option<Duration>) -> Option<Received<M>> {
    let numbers: Vec<i64> = tags.iter().map(|tag| tag.number()).collect();
    let deadline = timeout.map(Deadline::after);
    let mut timeout_ms = timeout.map_or(u64::MAX, milliseconds);
    loop {
        // SAFETY: the VM reads `numbers` during the call only.
        let kind = unsafe { host::message::receive(numbers.as_ptr(), numbers.len(), timeout_ms) };
        let received = match kind {
            0 => {
                // The answer to a request that was given up.
                let late = tags.is_empty() && scratch::tag().map_or(false, Tag::is_reply);
                (!late).then(|| Received::Message(scratch::read()))
            }
            1 => Some(Received::LinkDied(scratch::tag())),
            // SAFETY: no memory is involved.
            2 => Some(Received::ProcessDied(unsafe { host::message::get_process_id() })),
            scratch::TIMED_OUT => return None,
            kind => panic!("the VM received a message of unknown kind {kind}"),
        };
        if received.is_some() {
            return received;
        }
        if let Some(deadline) = &deadline {
            timeout_ms = deadline.remaining_ms();
        }
    }
}
