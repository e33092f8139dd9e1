//! What the VM can refuse.

use crate::host;
use std::fmt;

/// A request to the VM that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The process may not do this; its [`ProcessConfig`](crate::ProcessConfig) says so.
    Denied(&'static str),
    /// The VM's description of what went wrong.
    Failed(String),
}

impl Error {
    /// Takes the error `id` out of the VM's table.
    pub(crate) fn from_id(id: u64) -> Self {
        // SAFETY: the VM writes exactly the number of bytes it named.
        let text = unsafe {
            let mut text = vec![0; host::error::string_size(id)];
            host::error::to_string(id, text.as_mut_ptr());
            host::error::drop(id);
            text
        };
        Error::Failed(String::from_utf8_lossy(&text).into_owned())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Denied(what) => write!(f, "this process may not {what}"),
            Error::Failed(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}
