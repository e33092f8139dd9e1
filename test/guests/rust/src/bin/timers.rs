//! Timers: order, cancelling, sleeping, timeouts.

use lunatic::{sleep, Mailbox, Process, Tag};
use std::time::{Duration, Instant};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn at_least(start: Instant, least: u64) -> bool {
    start.elapsed() >= ms(least)
}

fn main() {
    let mailbox: Mailbox<String> = Mailbox::take();
    let this = mailbox.this();
    let start = Instant::now();

    this.send_after("third".to_string(), ms(120));
    this.send_after("first".to_string(), ms(20));
    this.send_after("second".to_string(), ms(70));
    let cancelled = this.send_after("never".to_string(), ms(40));
    println!("cancelled: {}", cancelled.cancel());
    for least in [20, 70, 120] {
        println!("{} not early: {}", mailbox.receive(), at_least(start, least));
    }

    let fired = this.send_after("now".to_string(), Duration::ZERO);
    println!("{}", mailbox.receive());
    println!("cancelled after it fired: {}", fired.cancel());

    let start = Instant::now();
    sleep(ms(30));
    println!("slept: {}", at_least(start, 30));
    std::thread::sleep(ms(30));
    println!("slept again: {}", at_least(start, 60));

    let start = Instant::now();
    println!("timeout: {:?}, not early: {}", mailbox.receive_timeout(ms(30)), at_least(start, 30));
    println!("no wait: {:?}", mailbox.receive_timeout(Duration::ZERO));
    this.send("here".to_string());
    println!("no wait: {:?}", mailbox.receive_timeout(Duration::ZERO));

    let tag = Tag::new();
    this.tag_send_after(tag, "tagged".to_string(), ms(10));
    this.send("untagged".to_string());
    println!("{}, then {}", mailbox.tag_receive(&[tag]), mailbox.receive());

    // A timer outlives the process that started it.
    let sender = Process::spawn_mailbox(this, |main: Process<String>, _: Mailbox<()>| {
        main.send_after("from the dead".to_string(), ms(30));
    })
    .unwrap();
    println!("{}, sender exists: {}", mailbox.receive(), sender.exists());
}
