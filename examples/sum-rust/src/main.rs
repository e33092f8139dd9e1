//! A thousand processes, each summing the start of a vector, answer over one channel.

use lunatic::{Channel, Process};

fn main() {
    let channel = Channel::new(0);
    let vec: Vec<i32> = (0..1_000).collect();

    for i in vec.iter() {
        Process::spawn((*i, vec.clone(), channel.clone()), child).unwrap();
    }

    for _ in 0..1_000 {
        let (i, sum) = channel.receive();
        println!("Sum until {}: {}", i, sum);
    }
}

// Runs in a process of its own, with its own copy of the vector.
fn child(context: (i32, Vec<i32>, Channel<(i32, i32)>)) {
    let (i, vec, channel) = context;
    let sum_until_i: i32 = vec[..=i as usize].iter().sum();
    channel.send((i, sum_until_i));
}
