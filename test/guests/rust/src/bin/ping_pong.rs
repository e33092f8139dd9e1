//! Two processes send a number back and forth; then a ring of many passes one around.

use lunatic::{message, Mailbox, Process};

message! {
    enum Ball {
        Ping(u32, Process<u32>),
        Stop,
    }
}

fn ponger(offset: u32, mailbox: Mailbox<Ball>) {
    while let Ball::Ping(number, from) = mailbox.receive() {
        from.send(number + offset);
    }
}

/// Passes on what it gets, one less, to the next in the ring.
fn member(next: Process<u32>, mailbox: Mailbox<u32>) {
    loop {
        match mailbox.receive() {
            0 => return,
            number => next.send(number - 1),
        }
    }
}

fn main() {
    let mailbox: Mailbox<u32> = Mailbox::take();
    let ponger = Process::spawn_link(1, ponger).unwrap();
    let mut number = 0;
    while number < 10_000 {
        ponger.send(Ball::Ping(number, mailbox.this()));
        number = mailbox.receive();
    }
    ponger.send(Ball::Stop);
    println!("ping-pong: {number}");

    let mut first = mailbox.this();
    for _ in 0..500 {
        first = Process::spawn_mailbox(first, member).unwrap();
    }
    first.send(500 * 10);
    let (mut number, mut rounds) = (mailbox.receive(), 1);
    while number > 500 {
        first.send(number);
        number = mailbox.receive();
        rounds += 1;
    }
    println!("ring: {rounds} rounds, {number} left");
}
