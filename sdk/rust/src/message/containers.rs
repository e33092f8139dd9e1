//! Strings, collections, boxes, arrays, `Option` and `Result`.

use super::{DecodeError, Message, Reader};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};

/// Length in bytes, then UTF-8.
impl Message for String {
    fn encode(&self, out: &mut Vec<u8>) {
        self.len().encode(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = input.length()?;
        let bytes = input.take(length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(input.error_before(length - error.valid_up_to(), "the string is not UTF-8 from here")),
        }
    }
}

/// Number of elements, then the elements.
impl<T: Message> Message for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.len().encode(out);
        T::encode_all(self, out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = input.length()?;
        T::decode_many(count, input)
    }
}

impl<T: Message> Message for VecDeque<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.len().encode(out);
        let (front, back) = self.as_slices();
        T::encode_all(front, out);
        T::encode_all(back, out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Vec::decode(input).map(VecDeque::from)
    }
}

/// The elements alone: their number is part of the type.
impl<T: Message, const N: usize> Message for [T; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        T::encode_all(self, out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match T::decode_many(N, input)?.try_into() {
            Ok(array) => Ok(array),
            Err(_) => unreachable!("decode_many gives the number of values asked for"),
        }
    }
}

/// The value itself; lets recursive types travel.
impl<T: Message> Message for Box<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        T::encode(self, out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        T::decode(input).map(Box::new)
    }
}

/// One byte: 0 none, 1 some and the value.
impl<T: Message> Message for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.encode(out);
            }
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match u8::decode(input)? {
            0 => Ok(None),
            1 => T::decode(input).map(Some),
            byte => Err(input.error_before(1, format!("{byte} is not an option tag (0 or 1)"))),
        }
    }
}

/// A `u32`, 0 ok or 1 error, and the value.
impl<T: Message, E: Message> Message for Result<T, E> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Ok(value) => {
                0u32.encode(out);
                value.encode(out);
            }
            Err(error) => {
                1u32.encode(out);
                error.encode(out);
            }
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match u32::decode(input)? {
            0 => T::decode(input).map(Ok),
            1 => E::decode(input).map(Err),
            number => Err(input.error_before(4, format!("{number} is not a result (0 or 1)"))),
        }
    }
}

macro_rules! collections {
    ($($(#[$doc:meta])* [$($generics:tt)+] $collection:ty { $item:pat => $($part:expr),+ })+) => {$(
        $(#[$doc])*
        impl<$($generics)+> Message for $collection {
            fn encode(&self, out: &mut Vec<u8>) {
                self.len().encode(out);
                for $item in self {
                    $($part.encode(out);)+
                }
            }

            fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let count = input.length()?;
                (0..count).map(|_| Message::decode(input)).collect()
            }
        }
    )+};
}

collections! {
    /// Number of entries, then key and value of each, in no particular order.
    [K: Message + Eq + Hash, V: Message, S: BuildHasher + Default] HashMap<K, V, S> { (key, value) => key, value }
    /// Number of elements, then the elements in no particular order.
    [T: Message + Eq + Hash, S: BuildHasher + Default] HashSet<T, S> { element => element }
    /// Number of entries, then key and value of each, in order.
    [K: Message + Ord, V: Message] BTreeMap<K, V> { (key, value) => key, value }
    /// Number of elements, then the elements in order.
    [T: Message + Ord] BTreeSet<T> { element => element }
}
