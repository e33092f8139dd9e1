// Imports of `lunatic::message`: one scratch message per process, built and read in place.
// Spec: the guest ABI, section "lunatic::message".

@external("lunatic::message", "create_data")
export declare function createData(tag: i64, capacity: u64): void;

@external("lunatic::message", "write_data")
export declare function writeData(data: usize, length: u32): u32;

@external("lunatic::message", "read_data")
export declare function readData(data: usize, length: u32): u32;

@external("lunatic::message", "data_size")
export declare function dataSize(): u64;

@external("lunatic::message", "get_tag")
export declare function getTag(): i64;

@external("lunatic::message", "get_process_id")
export declare function getProcessId(): u64;

@external("lunatic::message", "send")
export declare function send(processId: u64): u32;

@external("lunatic::message", "receive")
export declare function receive(tags: usize, tagCount: u32, timeoutMs: u64): u32;
