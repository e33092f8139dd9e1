//! For the test programs.

/// `value`, without the compiler knowing it. (`std::hint::black_box` needs Rust 1.66.)
pub fn black_box<T>(value: T) -> T {
    let value = std::mem::ManuallyDrop::new(value);
    // SAFETY: the value is read once, and its first place does not drop it.
    unsafe { std::ptr::read_volatile(&*value) }
}
