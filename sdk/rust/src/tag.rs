//! Tags: how a receiver picks one message out of its mailbox.

use crate::message::{DecodeError, Message, Reader};
use std::num::NonZeroI64;
use std::sync::atomic::{AtomicI64, Ordering};

/// Marks a message so that [`Mailbox::tag_receive`](crate::Mailbox::tag_receive) can wait for it alone.
///
/// Tags are compared by the receiver only; sent in a message, a tag keeps its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(NonZeroI64);

/// The first number that `Tag::new` gives out; those below are for `Tag::fixed`.
const FIRST_FRESH: i64 = 256;
/// Tags from here on are replies, so that a mailbox knows one that came too late.
const FIRST_REPLY: i64 = 1 << 62;

static NEXT: AtomicI64 = AtomicI64::new(FIRST_FRESH);

impl Tag {
    /// A tag this process has not used before.
    #[allow(clippy::new_without_default)] // Each call gives another value, a default should not.
    pub fn new() -> Self {
        Tag::fresh(0)
    }

    /// A fresh tag that only a reply carries.
    pub(crate) fn for_reply() -> Self {
        Tag::fresh(FIRST_REPLY)
    }

    fn fresh(mark: i64) -> Self {
        Tag::from_number(mark | NEXT.fetch_add(1, Ordering::Relaxed)).expect("numbers start above 0")
    }

    pub(crate) fn is_reply(self) -> bool {
        self.number() >= FIRST_REPLY
    }

    /// One of 255 tags that programs may give a meaning, the same in all processes.
    ///
    /// # Panics
    /// If `number` is 0, which marks a message without a tag; in a `const` this is a compile error.
    ///
    /// ```
    /// # use lunatic::Tag;
    /// const URGENT: Tag = Tag::fixed(1);
    /// ```
    pub const fn fixed(number: u8) -> Self {
        match NonZeroI64::new(number as i64) {
            Some(number) => Tag(number),
            None => panic!("0 is not a tag: it marks a message without one"),
        }
    }

    /// For tags of processes written in other languages. `None` for 0, the mark of a message without
    /// a tag. Numbers from 2^62 on, and the least one, are this crate's own.
    pub fn from_number(number: i64) -> Option<Self> {
        NonZeroI64::new(number).map(Tag)
    }

    /// The number the VM knows it by; never 0.
    pub fn number(self) -> i64 {
        self.0.get()
    }
}

impl Message for Tag {
    fn encode(&self, out: &mut Vec<u8>) {
        self.number().encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Tag::from_number(i64::decode(input)?).ok_or_else(|| input.error_before(8, "0 is not a tag"))
    }
}
