// The few `wasi_snapshot_preview1` imports that the kit needs itself: output, input, arguments, environment, clocks,
// randomness, exit. All return an errno, 0 for success.

@external("wasi_snapshot_preview1", "fd_write")
export declare function fdWrite(fd: u32, iovecs: usize, iovecCount: u32, writtenOut: usize): u32;

@external("wasi_snapshot_preview1", "fd_read")
export declare function fdRead(fd: u32, iovecs: usize, iovecCount: u32, readOut: usize): u32;

@external("wasi_snapshot_preview1", "args_sizes_get")
export declare function argsSizesGet(countOut: usize, bytesOut: usize): u32;

@external("wasi_snapshot_preview1", "args_get")
export declare function argsGet(pointers: usize, bytes: usize): u32;

@external("wasi_snapshot_preview1", "environ_sizes_get")
export declare function environSizesGet(countOut: usize, bytesOut: usize): u32;

@external("wasi_snapshot_preview1", "environ_get")
export declare function environGet(pointers: usize, bytes: usize): u32;

@external("wasi_snapshot_preview1", "clock_time_get")
export declare function clockTimeGet(clock: u32, precisionNs: u64, timeNsOut: usize): u32;

@external("wasi_snapshot_preview1", "random_get")
export declare function randomGet(bytes: usize, length: u32): u32;

@external("wasi_snapshot_preview1", "proc_exit")
export declare function procExit(code: u32): void;
