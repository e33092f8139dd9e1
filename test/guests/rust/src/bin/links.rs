//! Links: notices with tags, normal ends, unlinking, deaths that spread.

use lunatic::{Mailbox, Process, Received, Tag};
use std::time::Duration;

fn fails_when_told((): (), mailbox: Mailbox<bool>) {
    if mailbox.receive() {
        panic!("told to fail");
    }
}

/// Starts a linked child that waits for ever, tells its id, and waits to be told its end.
fn parent(main: Process<Event>, mailbox: Mailbox<bool>) {
    let child = Process::spawn_link((), fails_when_told).unwrap();
    main.send(Event::Child(child));
    if mailbox.receive() {
        panic!("told to fail");
    }
}

lunatic::message! {
    #[derive(Debug)]
    enum Event {
        Child(Process<bool>),
    }
}

fn main() {
    let mailbox = Mailbox::<Event>::take().catch_link_failure();
    let quiet = || mailbox.receive_timeout(Duration::from_millis(50)).is_none();

    let tag = Tag::new();
    let child = Process::spawn_link_tag((), tag, fails_when_told).unwrap();
    child.send(true);
    match mailbox.receive() {
        Received::LinkDied(Some(died)) => println!("spawned with a link: notice, own tag {}", died == tag),
        other => println!("{other:?}"),
    }

    let child = Process::spawn_link((), fails_when_told).unwrap();
    child.send(false);
    println!("normal end: quiet {}, exists {}", quiet(), child.exists());

    let child = Process::spawn_mailbox((), fails_when_told).unwrap();
    let later = Tag::fixed(5);
    child.link_tag(later);
    child.kill();
    match mailbox.tag_receive(&[later]) {
        Received::LinkDied(Some(died)) => println!("linked later and killed: notice, own tag {}", died == later),
        other => println!("{other:?}"),
    }

    let child = Process::spawn_link((), fails_when_told).unwrap();
    child.unlink();
    child.send(true);
    println!("unlinked: quiet {}, exists {}", quiet(), child.exists());

    child.link_tag(tag);
    match mailbox.receive() {
        Received::LinkDied(Some(died)) => println!("no such process: notice, own tag {}", died == tag),
        other => println!("{other:?}"),
    }

    for (ending, fails) in [("normally", false), ("by failing", true)] {
        let tag = Tag::new();
        let parent = Process::spawn_link_tag(mailbox.this(), tag, parent).unwrap();
        let grandchild = match mailbox.receive() {
            Received::Message(Event::Child(child)) => child,
            other => panic!("{other:?}"),
        };
        mailbox.monitor(parent);
        mailbox.monitor(grandchild);
        parent.send(fails);
        let mut notices = Vec::new();
        while let Some(notice) = mailbox.receive_timeout(Duration::from_millis(100)) {
            notices.push(match notice {
                Received::LinkDied(_) => "link died",
                Received::ProcessDied(id) if id == parent.id() => "parent ended",
                Received::ProcessDied(_) => "child ended",
                Received::Message(_) => "message",
            });
        }
        notices.sort_unstable();
        println!("parent ends {ending}: {}; child exists {}", notices.join(", "), grandchild.exists());
    }
}
