//! What can travel between processes, and as which bytes.
//!
//! Processes share no memory: everything sent is encoded by the sender and decoded by the receiver.
//! The format is that of bincode 1.3 with its default options, so that programs using serde and
//! bincode understand it: little-endian numbers of fixed width, `usize` as 8 bytes, lengths as
//! `u64`, enum variants as `u32`, `Option` as one byte, structs and tuples as their fields in order.
//!
//! [`Message`] is implemented for the standard types; [`message!`](crate::message!) implements it
//! for structs and enums.

mod containers;
mod message_macro;
mod scalars;
mod tuples;

use std::fmt;

/// A value that can be sent to another process.
///
/// Law: decoding what `encode` wrote gives an equal value and consumes exactly those bytes.
///
/// Encoding may have an effect: a [`Channel`](crate::Channel) in a message parks a handle in the VM
/// for the receiver, so encode a value only to send it.
pub trait Message: Sized {
    /// Appends the value's bytes to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes one value off the front of `input`.
    ///
    /// # Errors
    /// Says which byte does not fit; `input` is then of no further use.
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Appends all of `values`, without their number. Overridden where that is one copy.
    #[doc(hidden)]
    fn encode_all(values: &[Self], out: &mut Vec<u8>) {
        for value in values {
            value.encode(out);
        }
    }

    /// Takes `count` values. Overridden where that is one copy.
    #[doc(hidden)]
    fn decode_many(count: usize, input: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        // The count comes from outside: memory is reserved only for values that can be there.
        let mut values = Vec::with_capacity(count.min(input.remaining()));
        for _ in 0..count {
            values.push(Self::decode(input)?);
        }
        Ok(values)
    }
}

/// The bytes of `value`.
///
/// ```
/// assert_eq!(lunatic::message::encode(&(7u8, "ab".to_string())), [7, 2, 0, 0, 0, 0, 0, 0, 0, b'a', b'b']);
/// ```
pub fn encode<T: Message>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    value.encode(&mut out);
    out
}

/// The value in `bytes`, which must hold it and nothing else.
///
/// ```
/// assert_eq!(lunatic::message::decode::<Option<u16>>(&[1, 0x34, 0x12]), Ok(Some(0x1234)));
/// let error = lunatic::message::decode::<Option<u16>>(&[9]).unwrap_err();
/// assert_eq!(error.to_string(), "byte 0: 9 is not an option tag (0 or 1)");
/// ```
///
/// # Errors
/// The bytes are not a `T`, or more follow.
pub fn decode<T: Message>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut input = Reader::new(bytes);
    let value = T::decode(&mut input)?;
    match input.remaining() {
        0 => Ok(value),
        rest => Err(input.error(format!("{rest} bytes left over after the value"))),
    }
}

/// A position in the bytes of a message.
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, position: 0 }
    }

    /// Bytes not yet taken.
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// There are fewer.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        if count > self.remaining() {
            let left = self.remaining();
            return Err(self.error(format!("{count} bytes expected, {left} left")));
        }
        let start = self.position;
        self.position += count;
        Ok(&self.bytes[start..self.position])
    }

    /// The next `N` bytes, for numbers.
    ///
    /// # Errors
    /// There are fewer.
    pub fn take_array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// A length or count: a `u64` that must fit this machine's `usize`.
    ///
    /// # Errors
    /// There are fewer than 8 bytes, or the number is too large.
    pub fn length(&mut self) -> Result<usize, DecodeError> {
        usize::decode(self)
    }

    /// An error about what was taken last. For implementations of [`Message`].
    pub fn error(&self, text: impl Into<String>) -> DecodeError {
        DecodeError { offset: self.position, text: text.into() }
    }

    /// An error about the value of `size` bytes that was just taken.
    pub fn error_before(&self, size: usize, text: impl Into<String>) -> DecodeError {
        DecodeError { offset: self.position - size, text: text.into() }
    }
}

/// Bytes that are not what the receiver expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// Byte offset in the message.
    pub offset: usize,
    /// What was expected there and what was found.
    pub text: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.text)
    }
}

impl std::error::Error for DecodeError {}
