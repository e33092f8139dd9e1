//! Numbers, `bool`, `char`, `()` and `Duration`.

use super::{DecodeError, Message, Reader};
use std::marker::PhantomData;
use std::time::Duration;

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Message for $number {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self::from_le_bytes(input.take_array()?))
            }

            fn encode_all(values: &[Self], out: &mut Vec<u8>) {
                out.reserve(std::mem::size_of_val(values));
                for value in values {
                    out.extend_from_slice(&value.to_le_bytes());
                }
            }
        }
    )+};
}

numbers!(u16, u32, u64, u128, i8, i16, i32, i64, i128, f32, f64);

/// Strings and byte vectors are the common payload: they go in one copy.
impl Message for u8 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(input.take(1)?[0])
    }

    fn encode_all(values: &[Self], out: &mut Vec<u8>) {
        out.extend_from_slice(values);
    }

    fn decode_many(count: usize, input: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        Ok(input.take(count)?.to_vec())
    }
}

macro_rules! sizes {
    ($($size:ident as $wire:ident),+) => {$(
        /// 8 bytes on every machine.
        impl Message for $size {
            fn encode(&self, out: &mut Vec<u8>) {
                (*self as $wire).encode(out);
            }

            fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let number = $wire::decode(input)?;
                number.try_into().map_err(|_| {
                    input.error_before(8, format!("{number} does not fit this machine's {}", stringify!($size)))
                })
            }
        }
    )+};
}

sizes!(usize as u64, isize as i64);

impl Message for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match u8::decode(input)? {
            0 => Ok(false),
            1 => Ok(true),
            byte => Err(input.error_before(1, format!("{byte} is not a bool (0 or 1)"))),
        }
    }
}

/// The character's UTF-8 bytes, without their number.
impl Message for char {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let first = u8::decode(input)?;
        // The number of leading ones of the first byte is the length, except for ASCII.
        let length = match first.leading_ones() {
            0 => 1,
            ones @ 2..=4 => ones as usize,
            _ => return Err(input.error_before(1, format!("{first:#04x} does not start a character"))),
        };
        let mut bytes = [first, 0, 0, 0];
        bytes[1..length].copy_from_slice(input.take(length - 1)?);
        std::str::from_utf8(&bytes[..length])
            .ok()
            .and_then(|text| text.chars().next())
            .ok_or_else(|| input.error_before(length, "not a UTF-8 character"))
    }
}

impl Message for () {
    fn encode(&self, _out: &mut Vec<u8>) {}

    fn decode(_input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(())
    }
}

impl<T> Message for PhantomData<T> {
    fn encode(&self, _out: &mut Vec<u8>) {}

    fn decode(_input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(PhantomData)
    }
}

/// Seconds as `u64`, then nanoseconds as `u32`.
impl Message for Duration {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_secs().encode(out);
        self.subsec_nanos().encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let seconds = u64::decode(input)?;
        let nanos = u32::decode(input)?;
        if nanos >= 1_000_000_000 {
            return Err(input.error_before(4, format!("{nanos} nanoseconds are more than a second")));
        }
        Ok(Duration::new(seconds, nanos))
    }
}
