//! Processes, channels and messages for programs that run on the Lunatic virtual machine.
//!
//! A process is an instance of the program's WebAssembly module with a memory of its own. Spawning
//! one costs microseconds; it can be stopped at any point, so a busy loop holds up nobody; when it
//! panics, it dies alone. Processes share nothing and send each other [`Message`]s.
//!
//! There are two ways to talk, which mix freely in one program:
//!
//! * [`Channel`]s: queues that any number of processes send to and receive from.
//! * [`Mailbox`]es: one per process, with selective receive, links, monitors, timers and requests.
//!
//! ```no_run
//! use lunatic::{Channel, Process};
//!
//! fn child(context: (i32, Channel<i32>)) {
//!     let (number, channel) = context;
//!     channel.send(number * 2);
//! }
//!
//! let channel = Channel::new(0);
//! Process::spawn((21, channel.clone()), child).unwrap();
//! assert_eq!(channel.receive(), 42);
//! ```
//!
//! ```no_run
//! use lunatic::{Mailbox, Process};
//!
//! let main: Mailbox<String> = Mailbox::take();
//! let greeter = Process::spawn_link(main.this(), |main, mailbox: Mailbox<String>| {
//!     let name = mailbox.receive();
//!     main.send(format!("Hello, {name}!"));
//! })
//! .unwrap();
//! greeter.send("world".to_string());
//! println!("{}", main.receive());
//! ```
//!
//! Build for `wasm32-wasip1` (`wasm32-wasi` before Rust 1.78) and run with `lunatic program.wasm`.

mod catch;
mod channel;
mod config;
mod error;
mod host;
mod joinable;
mod mailbox;
pub mod message;
mod process;
pub mod registry;
mod request;
mod scratch;
mod tag;
mod timer;
mod version;

pub use catch::{catch_panic, Caught};
pub use channel::Channel;
pub use config::ProcessConfig;
pub use error::Error;
pub use joinable::JoinHandle;
pub use mailbox::{Mailbox, Received, SignalMailbox};
pub use message::Message;
pub use process::{process_id, Process};
pub use request::{ReplyTo, RequestError};
pub use tag::Tag;
pub use timer::{sleep, Timer};
pub use version::{vm_version, Version};

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
