//! Requests: a message that expects one answer.

use crate::host;
use crate::message::{DecodeError, Message, Reader};
use crate::process::{process_id, Process};
use crate::scratch;
use crate::tag::Tag;
use crate::timer::milliseconds;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// Where the answer to a request goes; travels inside the request.
///
/// ```no_run
/// use lunatic::{message, Mailbox, Process, ReplyTo};
///
/// message! {
///     enum Counter {
///         Add(u32),
///         Get(ReplyTo<u32>),
///     }
/// }
///
/// fn counter(mut total: u32, mailbox: Mailbox<Counter>) {
///     loop {
///         match mailbox.receive() {
///             Counter::Add(amount) => total += amount,
///             Counter::Get(reply_to) => reply_to.send(total),
///         }
///     }
/// }
///
/// let counter = Process::spawn_link(40, counter).unwrap();
/// counter.send(Counter::Add(2));
/// assert_eq!(counter.request(Counter::Get), Ok(42));
/// ```
pub struct ReplyTo<A> {
    process: u64,
    tag: Tag,
    answers: PhantomData<fn(A)>,
}

impl<A: Message> ReplyTo<A> {
    /// Answers. If the requester has given up or ended, nothing happens.
    pub fn send(self, answer: A) {
        scratch::write(self.tag.number(), &answer);
        // SAFETY: no memory is involved.
        unsafe { host::message::send(self.process) };
    }
}

/// Why a request has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestError {
    /// There was no such process any more when the request was made.
    NoProcess,
    /// The answer did not come in time. If it comes later, it is dropped.
    Timeout,
}

impl<M: Message> Process<M> {
    /// Sends the message that `make` builds around a [`ReplyTo`], and waits for the answer.
    /// Other messages stay in the mailbox.
    ///
    /// If the process can end without answering, link to it or use [`Process::request_timeout`]:
    /// this call waits for ever.
    ///
    /// # Errors
    /// [`RequestError::NoProcess`].
    pub fn request<A: Message>(&self, make: impl FnOnce(ReplyTo<A>) -> M) -> Result<A, RequestError> {
        self.request_within(u64::MAX, make)
    }

    /// Like [`Process::request`], for at most that long.
    ///
    /// # Errors
    /// Any [`RequestError`].
    pub fn request_timeout<A: Message>(
        &self,
        timeout: Duration,
        make: impl FnOnce(ReplyTo<A>) -> M,
    ) -> Result<A, RequestError> {
        self.request_within(milliseconds(timeout), make)
    }

    fn request_within<A: Message>(
        &self,
        timeout_ms: u64,
        make: impl FnOnce(ReplyTo<A>) -> M,
    ) -> Result<A, RequestError> {
        if !self.exists() {
            return Err(RequestError::NoProcess);
        }
        let tag = Tag::for_reply();
        scratch::write(0, &make(ReplyTo { process: process_id(), tag, answers: PhantomData }));
        // SAFETY: no memory is involved.
        match unsafe { host::message::send_receive_skip_search(self.id(), tag.number(), timeout_ms) } {
            0 => Ok(scratch::read()),
            scratch::TIMED_OUT => Err(RequestError::Timeout),
            code => panic!("the VM answered a request with unknown code {code}"),
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RequestError::NoProcess => "the process has ended",
            RequestError::Timeout => "no answer in time",
        })
    }
}

impl std::error::Error for RequestError {}

impl<A> fmt::Debug for ReplyTo<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyTo({}, {})", self.process, self.tag.number())
    }
}

/// Process id and tag, 8 bytes each.
impl<A> Message for ReplyTo<A> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.process.encode(out);
        self.tag.encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(ReplyTo { process: u64::decode(input)?, tag: Tag::decode(input)?, answers: PhantomData })
    }
}
