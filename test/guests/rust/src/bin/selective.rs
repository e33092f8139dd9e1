//! Selective receive: by tag, in order, leaving the rest.

use lunatic::{Mailbox, Process, Tag};
use std::time::Duration;

const URGENT: Tag = Tag::fixed(1);
const NORMAL: Tag = Tag::fixed(2);

fn sender(main: Process<u32>, _: Mailbox<()>) {
    for number in 0..30 {
        match number % 3 {
            0 => main.send(number),
            1 => main.tag_send(NORMAL, number),
            _ => main.tag_send(URGENT, number),
        }
    }
    main.tag_send(Tag::fixed(255), 1000);
}

fn main() {
    let mailbox: Mailbox<u32> = Mailbox::take();
    Process::spawn_link(mailbox.this(), sender).unwrap();
    println!("last first: {}", mailbox.tag_receive(&[Tag::fixed(255)]));
    let urgent: Vec<u32> = (0..10).map(|_| mailbox.tag_receive(&[URGENT])).collect();
    println!("urgent: {urgent:?}");
    println!("next: {}", mailbox.receive());
    let either: Vec<u32> = (0..5).map(|_| mailbox.tag_receive(&[URGENT, NORMAL])).collect();
    println!("tagged: {either:?}");
    let rest: Vec<u32> = (0..14).map(|_| mailbox.receive()).collect();
    println!("rest: {rest:?}");
    println!("nothing urgent: {:?}", mailbox.tag_receive_timeout(&[URGENT], Duration::from_millis(20)));

    // A receive that timed out leaves no trace: order is kept for what comes after.
    let this = mailbox.this();
    this.tag_send(URGENT, 1);
    this.send(2);
    this.tag_send(URGENT, 3);
    println!("in order: {} {} {}", mailbox.receive(), mailbox.receive(), mailbox.receive());

    // A new tag per question, carried in the question.
    let oracle = Process::spawn_link(this, |main: Process<u32>, mailbox: Mailbox<(Tag, u32)>| loop {
        let (tag, question) = mailbox.receive();
        main.tag_send(tag, question * 2);
    })
    .unwrap();
    let tags: Vec<Tag> = (0..5).map(|_| Tag::new()).collect();
    for (tag, question) in tags.iter().zip(0..) {
        oracle.send((*tag, question));
    }
    let answers: Vec<u32> = tags.iter().rev().map(|tag| mailbox.tag_receive(&[*tag])).collect();
    println!("answers, last question first: {answers:?}");
}
