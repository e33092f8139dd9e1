//! Endless loops beside a process that answers; then all of them are killed.

use lunatic::{Mailbox, Process, Received, ReplyTo};

fn endless((): (), _: Mailbox<()>) {
    let mut number = 0u64;
    loop {
        number = guests::black_box(number).wrapping_mul(31).wrapping_add(1);
    }
}

fn doubler((): (), mailbox: Mailbox<(u64, ReplyTo<u64>)>) {
    loop {
        let (number, reply_to) = mailbox.receive();
        reply_to.send(number * 2);
    }
}

fn main() {
    let mailbox = Mailbox::<()>::take().monitorable();
    let loops: Vec<Process<()>> = (0..20).map(|_| Process::spawn_mailbox((), endless).unwrap()).collect();
    let doubler = Process::spawn_link((), doubler).unwrap();
    let total: u64 = (0..200).map(|n| doubler.request(|reply_to| (n, reply_to)).unwrap()).sum();
    println!("200 answers, sum {total}");
    for process in &loops {
        mailbox.monitor(*process);
        process.kill();
    }
    let ended = loops.iter().filter(|_| matches!(mailbox.receive(), Received::ProcessDied(_))).count();
    println!("{ended} loops ended");
}
