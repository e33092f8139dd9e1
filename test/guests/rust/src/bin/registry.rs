//! Names: register, look up, replace, remove, spawn once.

use lunatic::{process_id, registry, sleep, Channel, Mailbox, Process};
use std::time::Duration;

fn echo(answers: Channel<String>, mailbox: Mailbox<String>) {
    loop {
        answers.send(format!("echo {}", mailbox.receive()));
    }
}

fn finder(answers: Channel<String>) {
    match Process::<String>::lookup("echo") {
        Some(echo) => echo.send("from another process".to_string()),
        None => answers.send("not found".to_string()),
    }
}

fn counter(answers: Channel<u32>, mailbox: Mailbox<u32>) {
    let mut total = 0;
    loop {
        total += mailbox.receive();
        answers.send(total);
    }
}

fn main() {
    let answers = Channel::new(0);
    println!("before: {}", Process::<String>::lookup("echo").is_some());

    let first = Process::spawn_mailbox(answers.clone(), echo).unwrap();
    first.register("echo");
    println!("registered: {}", Process::lookup("echo") == Some(first));
    println!("with another message type: {}", Process::<u8>::lookup("echo").is_some());
    Process::spawn(answers.clone(), finder).unwrap();
    println!("{}", answers.receive());

    let second = Process::spawn_mailbox(answers.clone(), echo).unwrap();
    second.register("echo");
    println!("replaced: {}", Process::lookup("echo") == Some(second));
    Process::<String>::unregister("echo");
    println!("removed: {}", Process::<String>::lookup("echo").is_none());
    Process::<String>::unregister("echo");

    registry::put("plain name, größer", process_id());
    println!("plain name: {}", registry::get("plain name, größer") == Some(process_id()));
    println!("part of it: {:?}", registry::get("plain name"));
    registry::remove("plain name, größer");
    println!("removed: {:?}", registry::get("plain name, größer"));

    let ended = Process::spawn_mailbox((), |(), _: Mailbox<()>| {}).unwrap();
    ended.register("ended");
    while ended.exists() {
        sleep(Duration::from_millis(1));
    }
    println!("ended: {:?}", Process::<()>::lookup("ended"));

    let totals = Channel::new(0);
    for amount in [10, 20, 30] {
        let counter = Process::lookup_or_spawn("counter", totals.clone(), counter).unwrap();
        counter.send(amount);
        println!("total {}", totals.receive());
    }
}
