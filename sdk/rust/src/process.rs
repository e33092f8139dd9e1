//! Processes with a mailbox: their ids, spawning them, sending to them, links.
//!
//! Spawning a Rust function: the VM starts a child in an export by name, so there is one export,
//! [`spawn_by_index`], and the function to run is named by its table index. The context follows as
//! a message with a tag of its own: what others send meanwhile waits in the mailbox.

use crate::config::ProcessConfig;
use crate::error::Error;
use crate::host;
use crate::mailbox::Mailbox;
use crate::message::{self, DecodeError, Message, Reader};
use crate::scratch;
use crate::tag::Tag;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// The id of a process whose mailbox takes messages of type `M`.
///
/// A plain number: it can be copied, sent and kept; the process may have ended meanwhile, and what
/// is sent to it then is dropped. Ids are never used again.
pub struct Process<M = ()> {
    id: u64,
    messages: PhantomData<fn(M)>,
}

/// The id of the calling process.
pub fn process_id() -> u64 {
    // SAFETY: no memory is involved.
    unsafe { host::process::process_id() }
}

impl<M> Process<M> {
    /// The process with this id, if there is one. Nothing checks that it takes messages of type `M`.
    pub fn from_id(id: u64) -> Self {
        Process { id, messages: PhantomData }
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    /// True until the process has ended.
    pub fn exists(&self) -> bool {
        // SAFETY: no memory is involved.
        unsafe { host::process::exists(self.id) != 0 }
    }

    /// Ends the process, wherever it is. Processes linked to it see a failure.
    pub fn kill(&self) {
        // SAFETY: no memory is involved.
        unsafe { host::process::kill(self.id) }
    }

    /// When one of the two, it or the caller, fails, the other dies too, or gets a message if it
    /// asked for that with [`Mailbox::catch_link_failure`]. A normal end goes unnoticed.
    ///
    /// If there is no such process, the caller fails at once in the same way.
    pub fn link(&self) {
        self.link_tag(Tag::new());
    }

    /// Like [`Process::link`]; the message about its failure has this tag.
    pub fn link_tag(&self, tag: Tag) {
        // SAFETY: no memory is involved.
        unsafe { host::process::link(tag.number(), self.id) }
    }

    pub fn unlink(&self) {
        // SAFETY: no memory is involved.
        unsafe { host::process::unlink(self.id) }
    }
}

impl<M: Message> Process<M> {
    /// Puts `message` into the process' mailbox. Never waits.
    ///
    /// Mailboxes are bounded: who sends to one that is full ends, as if killed.
    pub fn send(&self, message: M) {
        self.send_number(0, &message);
    }

    /// Like [`Process::send`]; the receiver can wait for this tag alone.
    pub fn tag_send(&self, tag: Tag, message: M) {
        self.send_number(tag.number(), &message);
    }

    fn send_number(&self, tag: i64, message: &M) {
        scratch::write(tag, message);
        // SAFETY: no memory is involved.
        unsafe { host::message::send(self.id) };
    }

    /// Runs `entry(context, mailbox)` in a new process.
    ///
    /// The caller dies if its configuration does not allow it to spawn.
    ///
    /// # Errors
    /// The VM cannot start another process, or not with these limits; the text says why.
    pub fn spawn_mailbox<C: Message>(context: C, entry: fn(C, Mailbox<M>)) -> Result<Self, Error> {
        Self::start(None, None, &context, entry)
    }

    /// Like [`Process::spawn_mailbox`], and linked to the caller from its first instruction.
    pub fn spawn_link<C: Message>(context: C, entry: fn(C, Mailbox<M>)) -> Result<Self, Error> {
        Self::start(Some(Tag::new()), None, &context, entry)
    }

    /// Like [`Process::spawn_link`]; the message about its failure has this tag.
    pub fn spawn_link_tag<C: Message>(context: C, tag: Tag, entry: fn(C, Mailbox<M>)) -> Result<Self, Error> {
        Self::start(Some(tag), None, &context, entry)
    }

    /// Like [`Process::spawn_mailbox`], with other limits and permissions than the caller's.
    pub fn spawn_config<C: Message>(
        config: &ProcessConfig,
        context: C,
        entry: fn(C, Mailbox<M>),
    ) -> Result<Self, Error> {
        Self::start(None, Some(config), &context, entry)
    }

    /// Like [`Process::spawn_link_tag`], with other limits and permissions than the caller's.
    pub fn spawn_link_config_tag<C: Message>(
        config: &ProcessConfig,
        context: C,
        tag: Tag,
        entry: fn(C, Mailbox<M>),
    ) -> Result<Self, Error> {
        Self::start(Some(tag), Some(config), &context, entry)
    }

    fn start<C: Message>(
        link: Option<Tag>,
        config: Option<&ProcessConfig>,
        context: &C,
        entry: fn(C, Mailbox<M>),
    ) -> Result<Self, Error> {
        let start = Start::new(context, entry);
        let mut id = 0;
        // SAFETY: the slices are borrowed for the call; `id` has room for 8 bytes.
        let failed = unsafe {
            host::process::spawn(
                link.map_or(0, Tag::number),
                config.map_or(SAME, ProcessConfig::id),
                SAME,
                SPAWN_BY_INDEX.as_ptr(),
                SPAWN_BY_INDEX.len(),
                start.parameters.as_ptr(),
                start.parameters.len(),
                &mut id,
            )
        };
        if failed != 0 {
            return Err(Error::from_id(id));
        }
        start.send_context(id);
        Ok(Process::from_id(id))
    }
}

/// In place of the id of a configuration or module: that of the caller.
pub(crate) const SAME: i64 = -1;
/// The export below. Its version keeps two versions of this crate in one program apart.
pub(crate) const SPAWN_BY_INDEX: &str = concat!("_lunatic_spawn_by_index_", env!("CARGO_PKG_VERSION"));
/// Marks the context of a new process.
const CONTEXT: i64 = i64::MIN;
/// A type byte and a value of 16 bytes.
const PARAMETER_BYTES: usize = 17;
const TYPE_I32: u8 = 0x7f;

/// What a child is started with.
pub(crate) struct Start {
    pub(crate) parameters: [u8; 3 * PARAMETER_BYTES],
    context: Vec<u8>,
}

impl Start {
    pub(crate) fn new<C: Message, M>(context: &C, entry: fn(C, Mailbox<M>)) -> Self {
        let context = message::encode(context);
        let numbers = [start::<C, M> as *const () as usize, entry as usize, context.len()];
        let mut parameters = [0; 3 * PARAMETER_BYTES];
        for (chunk, number) in parameters.chunks_exact_mut(PARAMETER_BYTES).zip(numbers) {
            chunk[0] = TYPE_I32;
            chunk[1..5].copy_from_slice(&(number as u32).to_le_bytes());
        }
        Start { parameters, context }
    }

    /// An empty context needs no message.
    pub(crate) fn send_context(&self, id: u64) {
        if !self.context.is_empty() {
            scratch::write_bytes(CONTEXT, &self.context);
            // SAFETY: no memory is involved.
            unsafe { host::message::send(id) };
        }
    }
}

/// Where a child begins. Calls `start::<C, M>`, which knows the types of the context and mailbox.
#[cfg(target_family = "wasm")]
#[export_name = concat!("_lunatic_spawn_by_index_", env!("CARGO_PKG_VERSION"))]
extern "C" fn spawn_by_index(start: usize, entry: usize, context_bytes: usize) {
    // SAFETY: `Start::new` made this number from a `start::<C, M>`.
    let start: fn(usize, usize) = unsafe { std::mem::transmute(start) };
    start(entry, context_bytes);
}

fn start<C: Message, M>(entry: usize, context_bytes: usize) {
    // SAFETY: `Start::new` made this number from an `fn(C, Mailbox<M>)` with the same types.
    let entry: fn(C, Mailbox<M>) = unsafe { std::mem::transmute(entry) };
    let mailbox = Mailbox::take();
    let context = if context_bytes == 0 {
        message::decode(&[]).expect("a context that was encoded as nothing")
    } else {
        // SAFETY: the VM reads one tag. The timeout is none, so the message is there.
        unsafe { host::message::receive(&CONTEXT, 1, u64::MAX) };
        scratch::read()
    };
    entry(context, mailbox);
}

// By hand: derives would ask the same of `M`, of which there is no value here.

impl<M> Clone for Process<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Process<M> {}

impl<M> PartialEq for Process<M> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<M> Eq for Process<M> {}

impl<M> Hash for Process<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl<M> fmt::Debug for Process<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Process({})", self.id)
    }
}

/// The id as `u64`.
impl<M> Message for Process<M> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.id.encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        u64::decode(input).map(Process::from_id)
    }
}
