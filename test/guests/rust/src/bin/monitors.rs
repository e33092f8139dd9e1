//! Monitors: every end is told, to each watcher, until it stops watching.

use lunatic::{Channel, Mailbox, Process, Received};
use std::time::Duration;

fn ends_with(how: String, mailbox: Mailbox<()>) {
    mailbox.receive();
    match how.as_str() {
        "panic" => panic!("on purpose"),
        "exit 0" => std::process::exit(0),
        "exit 3" => std::process::exit(3),
        _ => {}
    }
}

fn watcher((target, told): (Process<()>, Channel<bool>), mailbox: Mailbox<()>) {
    let mailbox = mailbox.monitorable();
    mailbox.monitor(target);
    told.send(true);
    told.send(mailbox.receive() == Received::ProcessDied(target.id()));
}

fn main() {
    let mailbox = Mailbox::<()>::take().monitorable();
    for how in ["return", "panic", "exit 0", "exit 3", "kill"] {
        let process = Process::spawn_mailbox(how.to_string(), ends_with).unwrap();
        mailbox.monitor(process);
        if how == "kill" {
            process.kill();
        } else {
            process.send(());
        }
        println!("{how}: {}", mailbox.receive() == Received::ProcessDied(process.id()));
    }

    let process = Process::spawn_mailbox("return".to_string(), ends_with).unwrap();
    mailbox.monitor(process);
    mailbox.stop_monitoring(process);
    let told = Channel::new(0);
    for _ in 0..3 {
        Process::spawn_mailbox((process, told.clone()), watcher).unwrap();
        told.receive();
    }
    process.send(());
    println!("watchers: {} {} {}", told.receive(), told.receive(), told.receive());
    println!("stopped watching: {:?}", mailbox.receive_timeout(Duration::from_millis(50)));
    println!("exists: {}", process.exists());
}
