//! Everybody waits and nothing can come: the VM says so and ends.

use lunatic::{Channel, Mailbox, Process};

fn waits(channel: Channel<u32>) {
    channel.receive();
}

fn main() {
    let channel = Channel::new(0);
    Process::spawn(channel.clone(), waits).unwrap();
    println!("waiting");
    Mailbox::<u32>::take().receive();
}
