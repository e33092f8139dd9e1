//! The VM's scratch area: the one message that is being written or read.
//!
//! A message is encoded completely before it is written, and read completely before it is decoded:
//! so code that runs while encoding or decoding may use the area itself.

use crate::host;
use crate::message::{self, Message};
use crate::tag::Tag;

/// What the VM answers when a wait took longer than its timeout.
pub(crate) const TIMED_OUT: u32 = 9027;

/// Puts `value` into the scratch area.
pub(crate) fn write<T: Message>(tag: i64, value: &T) {
    write_bytes(tag, &message::encode(value));
}

pub(crate) fn write_bytes(tag: i64, bytes: &[u8]) {
    // SAFETY: the VM reads `bytes` during the call only.
    unsafe {
        host::message::create_data(tag, bytes.len() as u64);
        host::message::write_data(bytes.as_ptr(), bytes.len());
    }
}

/// Decodes the message in the scratch area.
///
/// # Panics
/// If it is not a `T`.
pub(crate) fn read<T: Message>() -> T {
    // SAFETY: the VM writes at most the number of bytes given, and `bytes` has room for them.
    let bytes = unsafe {
        let mut bytes = vec![0; host::message::data_size() as usize];
        let length = host::message::read_data(bytes.as_mut_ptr(), bytes.len());
        bytes.truncate(length);
        bytes
    };
    match message::decode(&bytes) {
        Ok(value) => value,
        Err(error) => {
            panic!("a message of {} bytes is not a {}: {error}", bytes.len(), std::any::type_name::<T>())
        }
    }
}

/// The tag of the message in the scratch area.
pub(crate) fn tag() -> Option<Tag> {
    // SAFETY: no memory is involved.
    Tag::from_number(unsafe { host::message::get_tag() })
}
