//! Catching panics and traps: the process goes on, its memory as it was left.

use lunatic::{catch_panic, Caught, Channel, Process};
use std::cell::Cell;
use std::panic::AssertUnwindSafe;

fn deep(levels: u64) -> u64 {
    let filler = guests::black_box([levels; 64]);
    if levels == 0 {
        // Quiet, also with the standard library of Rust 1.63, which tells that it panics while it panics.
        std::process::abort();
    }
    guests::black_box(deep(levels - 1)) + filler[63]
}

fn quiet() {
    std::panic::set_hook(Box::new(|_| {}));
}

fn in_child(results: Channel<(bool, u32)>) {
    quiet();
    let failed = catch_panic(|| {
        let empty: Vec<u32> = Vec::new();
        empty[results_index()]
    });
    results.send((failed == Err(Caught), 5));
}

fn results_index() -> usize {
    guests::black_box(3)
}

fn main() {
    quiet();
    println!("{:?}", catch_panic(|| 6 * 7));
    println!("{:?}", catch_panic(|| -> String { panic!("on purpose") }));
    println!("{:?}", catch_panic(|| "a text".repeat(2)));

    let steps = Cell::new(0);
    let result = catch_panic(AssertUnwindSafe(|| {
        steps.set(1);
        if steps.get() == 1 {
            guests::black_box(None::<u32>).unwrap();
        }
        steps.set(2);
    }));
    println!("{result:?} after step {}", steps.get());

    let inner = catch_panic(|| {
        let inner = catch_panic(|| panic!("inside"));
        (inner, "outside goes on")
    });
    println!("{inner:?}");

    // The stack is given back each time.
    let mut caught = 0;
    for _ in 0..2_000 {
        caught += u32::from(catch_panic(|| deep(30)).is_err());
    }
    println!("{caught} caught");

    println!("{:?}", catch_panic(|| std::process::abort()));
    let zero = guests::black_box(0);
    println!("{:?}", catch_panic(|| 1 / zero));

    let results = Channel::new(0);
    Process::spawn(results.clone(), in_child).unwrap().join();
    println!("in a child: {:?}", results.receive());
}
