//! Channels: queues between processes, on the `lunatic` namespace.
//!
//! A handle is a number in a table the VM keeps per process. `Clone` and `Drop` keep that table
//! exact; the queue lives as long as any process holds a handle or a message carries one.

use crate::host;
use crate::message::{self, DecodeError, Message, Reader};
use std::alloc::{alloc, handle_alloc_error, Layout};
use std::fmt;
use std::marker::PhantomData;

/// A queue of `T` that any number of processes send to and receive from; each value goes to one
/// receiver, in the order sent.
///
/// A channel can be sent in a message; the receiver then holds the same queue. A handle is both
/// ends, so a channel never closes: receiving from one nobody sends to waits for ever.
pub struct Channel<T> {
    handle: u32,
    values: PhantomData<fn(T) -> T>,
}

impl<T: Message> Channel<T> {
    /// A new queue holding at most `bound` values; 0 means any number.
    pub fn new(bound: u32) -> Self {
        // SAFETY: no memory is involved.
        Channel::from_handle(unsafe { host::channel::create(bound) })
    }

    /// Appends `value`. Waits while a bounded channel is full.
    pub fn send(&self, value: T) {
        let bytes = message::encode(&value);
        let slice = [bytes.as_ptr() as usize, bytes.len()];
        // SAFETY: `slice` is the address and length of `bytes`, which outlives the call.
        unsafe { host::channel::send(self.handle, &slice) }
    }

    /// Takes the oldest value. Waits until there is one.
    ///
    /// # Panics
    /// If what was sent is not a `T`, which only a process with another idea of `T` can do.
    pub fn receive(&self) -> T {
        let mut start = std::ptr::null_mut();
        // SAFETY: the VM calls `allocate` for the block, fills it, and writes its address to `start`.
        let bytes = unsafe {
            let length = host::channel::receive(self.handle, allocate as *const () as usize, &mut start);
            Vec::from_raw_parts(start, length, length.max(1))
        };
        match message::decode(&bytes) {
            Ok(value) => value,
            Err(error) => {
                panic!("a channel message of {} bytes is not a {}: {error}", bytes.len(), std::any::type_name::<T>())
            }
        }
    }
}

impl<T> Channel<T> {
    /// Takes ownership of a handle of this process.
    fn from_handle(handle: u32) -> Self {
        Channel { handle, values: PhantomData }
    }

    /// Parks a clone for another process, which takes it with [`Channel::unpark`], once.
    pub(crate) fn park(&self) -> u64 {
        // SAFETY: no memory is involved.
        unsafe { host::channel::park(self.handle) }
    }

    pub(crate) fn unpark(number: u64) -> Self {
        // SAFETY: no memory is involved.
        Channel::from_handle(unsafe { host::channel::unpark(number) })
    }
}

/// Where the VM puts a received message. The block becomes a `Vec<u8>` of that capacity.
extern "C" fn allocate(size: usize) -> *mut u8 {
    match Layout::array::<u8>(size.max(1)) {
        // SAFETY: the layout is not empty.
        Ok(layout) => match unsafe { alloc(layout) } {
            block if block.is_null() => handle_alloc_error(layout),
            block => block,
        },
        Err(_) => panic!("a channel message of {size} bytes does not fit the memory"),
    }
}

impl<T> Clone for Channel<T> {
    /// Another handle to the same queue.
    fn clone(&self) -> Self {
        // SAFETY: no memory is involved.
        Channel::from_handle(unsafe { host::channel::clone_handle(self.handle) })
    }
}

impl<T> Drop for Channel<T> {
    fn drop(&mut self) {
        // SAFETY: no memory is involved; the handle is ours and not used again.
        unsafe { host::channel::drop_handle(self.handle) }
    }
}

impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({})", self.handle)
    }
}

/// The number of a parked handle as `u64`: such a message can be decoded once.
impl<T> Message for Channel<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.park().encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        u64::decode(input).map(Channel::unpark)
    }
}
