//! N processes with some state of their own that have answered one message and wait for another.
//! Arguments: N. The protocol of bench/density.ts; peers: density.c, density.ts.

use lunatic::{Mailbox, Process};
use std::collections::BTreeMap;
use std::io::stdin;

/// What a child must answer to `question`, its `asked`-th.
fn expected(number: u64, asked: u64, question: u64) -> u64 {
    number.wrapping_mul(31).wrapping_add(question).wrapping_add(asked) ^ number
}

/// Keeps a text, a map and a count from one message to the next, as a session of a server would.
fn child((number, parent): (u64, Process<u64>), mailbox: Mailbox<u64>) {
    let name = format!("process number {number}");
    let mut asked = BTreeMap::new();
    loop {
        let question = mailbox.receive();
        *asked.entry(name.clone()).or_insert(0u64) += 1;
        let own: u64 = name.rsplit(' ').next().unwrap().parse().unwrap();
        parent.send(expected(own, asked[&name], question));
    }
}

fn wait_line() {
    stdin().read_line(&mut String::new()).unwrap();
}

fn main() {
    let count: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let mailbox: Mailbox<u64> = Mailbox::take();
    let this = mailbox.this();
    let mut children: Vec<Process<u64>> = Vec::with_capacity(count as usize);
    let ask = |child: &Process<u64>, number: u64, asked: u64| {
        child.send(number * 7);
        mailbox.receive() == expected(number, asked, number * 7)
    };
    println!("before 0");
    wait_line();
    let start = std::time::Instant::now();
    for number in 0..count {
        let process = Process::spawn_mailbox((number, this), child).unwrap();
        assert!(ask(&process, number, 1));
        children.push(process);
    }
    println!("ns {}", start.elapsed().as_nanos());
    wait_line();
    let right = (0..count).filter(|&number| ask(&children[number as usize], number, 2)).count();
    println!("answers {right}");
    wait_line();
    children.iter().for_each(Process::kill);
    println!("ended {count}");
    wait_line();
}
