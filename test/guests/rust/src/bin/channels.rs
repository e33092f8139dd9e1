//! Channels: bounds, several receivers, channels in messages, joining.

use lunatic::{Channel, Process};

fn producer((from, to, channel): (u32, u32, Channel<u32>)) {
    for number in from..to {
        channel.send(number);
    }
}

/// Answers each request on the channel that comes with it, until the request is empty.
fn shouter(requests: Channel<(String, Channel<String>)>) {
    loop {
        let (text, answers) = requests.receive();
        if text.is_empty() {
            return;
        }
        answers.send(text.to_uppercase());
    }
}

fn worker((work, done): (Channel<Option<u64>>, Channel<u64>)) {
    while let Some(number) = work.receive() {
        done.send(number * number);
    }
    done.send(0);
}

fn fail(_: Channel<u32>) {
    panic!("on purpose");
}

fn sends_list(channel: Channel<Vec<(String, Option<f64>)>>) {
    channel.send(vec![("one".to_string(), Some(1.0)), ("none".to_string(), None)]);
    channel.send(Vec::new());
}

fn main() {
    let bounded = Channel::new(3);
    let first = Process::spawn((0, 100, bounded.clone()), producer).unwrap();
    let second = Process::spawn((100, 200, bounded.clone()), producer).unwrap();
    let mut last = [None, None];
    let mut total = 0;
    for _ in 0..200 {
        let number = bounded.receive();
        let half = number as usize / 100;
        assert!(last[half] < Some(number), "numbers of one sender stay in order");
        last[half] = Some(number);
        total += number;
    }
    first.join();
    second.join();
    println!("200 numbers, sum {total}");

    let requests = Channel::new(0);
    let shouter = Process::spawn(requests.clone(), shouter).unwrap();
    let answers = Channel::new(1);
    for word in ["hello", "channels", "größe"] {
        requests.send((word.to_string(), answers.clone()));
        println!("{}", answers.receive());
    }
    requests.send((String::new(), answers));
    shouter.join();
    println!("shouter ended");

    let (work, done) = (Channel::new(0), Channel::new(0));
    for _ in 0..4 {
        Process::spawn((work.clone(), done.clone()), worker).unwrap();
    }
    (1..=100).map(Some).chain([None; 4]).for_each(|number| work.send(number));
    println!("sum of squares {}", (0..104).map(|_| done.receive()).sum::<u64>());

    Process::spawn(Channel::new(0), fail).unwrap().join();
    println!("a failed process is joined too");

    let lists = Channel::new(0);
    Process::spawn(lists.clone(), sends_list).unwrap();
    println!("{:?} {:?}", lists.receive(), lists.receive());

    let own = Channel::new(0);
    own.send("to myself".to_string());
    let other = own.clone();
    drop(own);
    println!("{}", other.receive());

    // Handles come and go: the VM uses their numbers again.
    let counter = Channel::new(0);
    let next_handle = || format!("{:?}", counter.clone());
    let before = next_handle();
    for round in 0..10_000u32 {
        counter.clone().send(round);
        assert_eq!(counter.clone().receive(), round);
    }
    println!("10000 messages through clones, handle used again: {}", next_handle() == before);
}
