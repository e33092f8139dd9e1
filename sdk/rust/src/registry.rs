//! Names for processes, known to all processes of the program.
//!
//! [`Process::register`] and [`Process::lookup`] put the message type before the name, so that only
//! code which agrees about the messages finds the process. The functions of this module take names
//! as they are, for processes written in other languages.

use crate::error::Error;
use crate::host;
use crate::mailbox::Mailbox;
use crate::message::Message;
use crate::process::{Process, Start, SAME, SPAWN_BY_INDEX};
use std::any::type_name;

/// The node that a process of this program is on.
const THIS_NODE: u64 = 0;

/// Gives the name to the process with this id, whoever had it.
pub fn put(name: &str, process_id: u64) {
    // SAFETY: the VM reads the name during the call only.
    unsafe { host::registry::put(name.as_ptr(), name.len(), THIS_NODE, process_id) }
}

/// The id of the process with this name.
pub fn get(name: &str) -> Option<u64> {
    let (mut node, mut id) = (0, 0);
    // SAFETY: the VM reads the name during the call only; the numbers have room for 8 bytes each.
    let missing = unsafe { host::registry::get(name.as_ptr(), name.len(), &mut node, &mut id) };
    (missing == 0).then_some(id)
}

/// Frees the name. One that nobody has is fine.
pub fn remove(name: &str) {
    // SAFETY: the VM reads the name during the call only.
    unsafe { host::registry::remove(name.as_ptr(), name.len()) }
}

impl<M: Message> Process<M> {
    /// Gives the process this name among those with the same message type.
    pub fn register(&self, name: &str) {
        put(&typed_name::<M>(name), self.id());
    }

    /// The process registered under this name.
    pub fn lookup(name: &str) -> Option<Self> {
        get(&typed_name::<M>(name)).map(Process::from_id)
    }

    /// Frees a name given with [`Process::register`].
    pub fn unregister(name: &str) {
        remove(&typed_name::<M>(name));
    }

    /// The process registered under this name, or a new one that is registered at once: of many
    /// callers one spawns.
    ///
    /// # Errors
    /// As [`Process::spawn_mailbox`].
    pub fn lookup_or_spawn<C: Message>(name: &str, context: C, entry: fn(C, Mailbox<M>)) -> Result<Self, Error> {
        let name = typed_name::<M>(name);
        let start = Start::new(&context, entry);
        let (mut node, mut id) = (0, 0);
        // SAFETY: the slices are borrowed for the call; the numbers have room for 8 bytes each.
        let outcome = unsafe {
            host::process::get_or_spawn(
                name.as_ptr(),
                name.len(),
                0,
                SAME,
                SAME,
                SPAWN_BY_INDEX.as_ptr(),
                SPAWN_BY_INDEX.len(),
                start.parameters.as_ptr(),
                start.parameters.len(),
                &mut node,
                &mut id,
            )
        };
        match outcome {
            0 => {
                start.send_context(id);
                Ok(Process::from_id(id))
            }
            2 => Ok(Process::from_id(id)),
            _ => Err(Error::from_id(id)),
        }
    }
}

fn typed_name<M>(name: &str) -> String {
    format!("{}/{name}", type_name::<M>())
}
