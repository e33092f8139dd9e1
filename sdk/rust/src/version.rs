//! Which VM runs the program.

use crate::host;
use std::fmt;

/// The version of the interface that the VM serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

pub fn vm_version() -> Version {
    // SAFETY: no memory is involved.
    unsafe { Version { major: host::version::major(), minor: host::version::minor(), patch: host::version::patch() } }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
