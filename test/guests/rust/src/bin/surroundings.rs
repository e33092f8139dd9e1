//! Arguments, environment, standard input, clocks, randomness; also in children.

use lunatic::{Channel, Mailbox, Process};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{BufRead, Read};
use std::time::{Duration, Instant, SystemTime};

fn child((how, done): (String, Channel<()>)) {
    let arguments = std::env::args().count();
    println!("{how}: {arguments} arguments, GREETING {:?}", std::env::var("GREETING").ok());
    done.send(());
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    println!("program {}", arguments[0].rsplit('/').next().unwrap_or_default());
    println!("arguments {:?}", &arguments[1..]);
    println!("GREETING {:?}", std::env::var("GREETING").ok());
    println!("MISSING {:?}", std::env::var("MISSING").ok());

    let mut stdin = std::io::stdin().lock();
    let mut line = String::new();
    stdin.read_line(&mut line).expect("standard input can be read");
    println!("first line {line:?}");
    let mut rest = String::new();
    stdin.read_to_string(&mut rest).expect("standard input is UTF-8");
    println!("then {} lines, {} bytes, last {:?}", rest.lines().count(), rest.len(), rest.lines().last());
    println!("at the end {:?}", stdin.read_line(&mut line).ok());

    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(5) {}
    println!("time passes");
    let since_2020 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_836_800));
    println!("after 2020: {}", since_2020.is_ok());
    let random = || RandomState::new().build_hasher().finish();
    println!("random: {}", random() != random());

    let done = Channel::new(0);
    Process::spawn(("spawned".to_string(), done.clone()), child).unwrap();
    done.receive();
    Process::spawn_mailbox(("with a mailbox".to_string(), done.clone()), |context, _: Mailbox<()>| child(context))
        .unwrap();
    done.receive();
    eprintln!("on standard error");
}
