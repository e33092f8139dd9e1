//! Requests: answers, timeouts, late answers, processes that are gone.

use lunatic::{message, sleep, Mailbox, Process, ReplyTo, RequestError};
use std::collections::BTreeMap;
use std::time::Duration;

message! {
    enum Store {
        Set { key: String, value: i64 },
        Get(String, ReplyTo<Option<i64>>),
        All(ReplyTo<BTreeMap<String, i64>>),
        Slow(Duration, ReplyTo<String>),
        Stop(ReplyTo<()>),
    }
}

fn store((): (), mailbox: Mailbox<Store>) {
    let mut entries = BTreeMap::new();
    loop {
        match mailbox.receive() {
            Store::Set { key, value } => {
                entries.insert(key, value);
            }
            Store::Get(key, reply_to) => reply_to.send(entries.get(&key).copied()),
            Store::All(reply_to) => reply_to.send(entries.clone()),
            Store::Slow(time, reply_to) => {
                sleep(time);
                reply_to.send("slow answer".to_string());
            }
            Store::Stop(reply_to) => return reply_to.send(()),
        }
    }
}

fn main() {
    let mailbox: Mailbox<String> = Mailbox::take();
    let store = Process::spawn_link((), store).unwrap();
    for (key, value) in [("one", 1), ("two", 2), ("minus", -1)] {
        store.send(Store::Set { key: key.to_string(), value });
    }
    let get = |key: &str| store.request(|reply_to| Store::Get(key.to_string(), reply_to));
    println!("{:?} {:?} {:?}", get("one"), get("minus"), get("three"));
    println!("{:?}", store.request(Store::All));

    // Other messages stay in the mailbox, in order.
    mailbox.this().send("first".to_string());
    mailbox.this().send("second".to_string());
    println!("{:?}", get("two"));

    let slow = |time| store.request_timeout(Duration::from_millis(50), |reply_to| Store::Slow(time, reply_to));
    println!("{:?}", slow(Duration::ZERO));
    println!("{:?}", slow(Duration::from_millis(120)));
    println!("{:?}", get("two"));
    mailbox.this().send("third".to_string());
    // The late answer lies between the second and the third message.
    println!("{} {} {}", mailbox.receive(), mailbox.receive(), mailbox.receive());
    println!("{:?}", mailbox.receive_timeout(Duration::from_millis(20)));

    println!("{:?}", store.request(Store::Stop));
    while store.exists() {
        sleep(Duration::from_millis(1));
    }
    println!("{}", get("one") == Err(RequestError::NoProcess));
}
