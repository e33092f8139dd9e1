// Imports of the early `lunatic` namespace (channels). A handle is a small number that belongs to one process.
// Spec: the guest ABI, "generation B".

@external("lunatic", "channel")
export declare function channel(bound: u32): i32;

@external("lunatic", "channel_send")
export declare function channelSend(channel: i32, iovec: usize): void;

/** `allocate` is the table index of a function `(size: i32) => i32`; the pointer it gave is written at `pointerOut`. */
@external("lunatic", "channel_receive")
export declare function channelReceive(channel: i32, allocate: u32, pointerOut: usize): u32;

@external("lunatic", "channel_serialize")
export declare function channelSerialize(channel: i32): u64;

@external("lunatic", "channel_deserialize")
export declare function channelDeserialize(ticket: u64): i32;

@external("lunatic", "drop_externref")
export declare function dropHandle(handle: i32): void;
