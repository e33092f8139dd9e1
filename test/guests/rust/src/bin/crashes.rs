//! Children that crash in every way, and neighbours that go on.

use lunatic::{Channel, Mailbox, Process, ProcessConfig, Received, Tag};

/// Fills the program's own stack.
fn recurse(n: u64) -> u64 {
    let filler = guests::black_box([n; 100]);
    if n == u64::MAX {
        return 0;
    }
    guests::black_box(recurse(n + 1)) + filler[7]
}

/// Needs no memory: fills the stack of the machine that runs it. Odd numbers never reach 0.
fn count(n: u64, step: u64) -> u64 {
    if n == 0 {
        return 0;
    }
    count(n.wrapping_add(step), step).rotate_left(1) ^ n
}

fn crash(how: String, _: Mailbox<()>) {
    std::panic::set_hook(Box::new(|_| {}));
    match how.as_str() {
        "panic" => panic!("on purpose"),
        "index" => _ = guests::black_box([1, 2, 3])[guests::black_box(5)],
        "divide" => _ = guests::black_box(1) / guests::black_box(0),
        "abort" => std::process::abort(),
        "exit" => std::process::exit(7),
        "calls" => _ = guests::black_box(count(guests::black_box(1), guests::black_box(2))),
        "stack" => _ = guests::black_box(recurse(0)),
        // Address 0 is memory like any other in WebAssembly; the last one is not there.
        "memory" => unsafe { _ = std::ptr::read_volatile(usize::MAX as *const u8) },
        "table" => unsafe {
            let function: fn() = std::mem::transmute(guests::black_box(1_000_000usize));
            function()
        },
        "exhaustion" => loop {
            std::mem::forget(guests::black_box(vec![1u8; 1 << 20]));
        },
        other => println!("no such crash: {other}"),
    }
}

/// Adds numbers all the while.
fn neighbour((limit, done): (u64, Channel<u64>)) {
    done.send((0..limit).map(guests::black_box).sum());
}

fn main() {
    let mailbox = Mailbox::<()>::take().catch_link_failure();
    let done = Channel::new(0);
    for _ in 0..20 {
        Process::spawn((1_000_000, done.clone()), neighbour).unwrap();
    }
    let mut config = ProcessConfig::new().unwrap();
    config.set_max_memory(16 << 20);
    for how in ["panic", "index", "divide", "abort", "exit", "stack", "calls", "memory", "table", "exhaustion"] {
        Process::spawn_link_config_tag(&config, how.to_string(), Tag::new(), crash).unwrap();
        println!("{how}: {}", matches!(mailbox.receive(), Received::LinkDied(_)));
    }
    let sums: Vec<u64> = (0..20).map(|_| done.receive()).collect();
    println!("neighbours: {}", sums.iter().all(|sum| *sum == 499_999_500_000));
}
