//! A program for the original VM: what most of its users' programs are made of, through their library.

use std::time::Duration;

use lunatic::ap::handlers::{Message, Request};
use lunatic::ap::{AbstractProcess, Config, ProcessRef, State};
use lunatic::supervisor::{Supervisor, SupervisorConfig, SupervisorStrategy};
use lunatic::{spawn_link, Mailbox, MailboxError, MessageSignal, Process, ProcessConfig};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
enum Order {
    Add(String, u32),
    Count(Process<u32>),
}

/// Keeps a sum; fails when told to.
struct Till {
    sum: u32,
}

#[derive(Serialize, Deserialize)]
struct Pay(u32);
#[derive(Serialize, Deserialize)]
struct Sum;
#[derive(Serialize, Deserialize)]
struct Fail;

impl AbstractProcess for Till {
    type Arg = u32;
    type State = Self;
    type Serializer = lunatic::serializer::Bincode;
    type Handlers = (Message<Pay>, Message<Fail>, Request<Sum>);
    type StartupError = ();

    fn init(_: Config<Self>, start: u32) -> Result<Self, ()> {
        Ok(Till { sum: start })
    }
}

impl lunatic::ap::MessageHandler<Pay> for Till {
    fn handle(mut state: State<Self>, Pay(amount): Pay) {
        state.sum += amount;
    }
}

impl lunatic::ap::MessageHandler<Fail> for Till {
    fn handle(_: State<Self>, _: Fail) {
        panic!("the till is broken");
    }
}

impl lunatic::ap::RequestHandler<Sum> for Till {
    type Response = u32;

    fn handle(state: State<Self>, _: Sum) -> u32 {
        state.sum
    }
}

struct Shop;

impl Supervisor for Shop {
    type Arg = ();
    type Children = (Till,);

    fn init(config: &mut SupervisorConfig<Self>, (): ()) {
        config.set_strategy(SupervisorStrategy::OneForOne);
        config.set_args((100,));
        config.set_names((Some("till".to_owned()),));
    }
}

fn stock(mailbox: Mailbox<Order>) {
    let mut count = 0;
    loop {
        match mailbox.receive() {
            Order::Add(name, pieces) => {
                count += pieces;
                println!("{pieces} x {name}");
            }
            Order::Count(asker) => {
                asker.send(count);
                return;
            }
        }
    }
}

#[lunatic::main]
fn main(mailbox: Mailbox<u32>) {
    let orders = Process::spawn((), |_, mailbox: Mailbox<Order>| stock(mailbox));
    orders.send(Order::Add("apples".to_owned(), 3));
    orders.send(Order::Add("quinces".to_owned(), 4));
    orders.send(Order::Count(mailbox.this()));
    println!("{} pieces", mailbox.receive());

    let silence = mailbox.receive_timeout(Duration::from_millis(5));
    println!("silence: {}", matches!(silence, Err(MailboxError::TimedOut)));

    let task = spawn_link!(@task |n = 20_u64| (1..=n).product::<u64>());
    println!("20! = {}", task.result());

    let caught = lunatic::panic::catch_panic(|| panic!("on purpose"));
    println!("caught: {}", caught.is_err());

    // A child that fails, linked to a process that is told of it.
    let watching = mailbox.this();
    let observer = Process::spawn(watching, |parent: Process<u32>, mailbox: Mailbox<u8>| {
        let mailbox = mailbox.monitorable();
        let child = Process::spawn((), |(), _: Mailbox<()>| panic!("child"));
        mailbox.monitor(child);
        while !matches!(mailbox.receive(), MessageSignal::Signal(_)) {}
        parent.send(1);
    });
    println!("death noticed: {}", mailbox.receive() == 1);
    let _ = observer;

    let shop = Shop::start(()).unwrap();
    let (till,) = shop.children();
    till.send(Pay(11));
    println!("in the till: {}", till.request(Sum));
    till.send(Fail);
    let again = loop {
        lunatic::sleep(Duration::from_millis(1));
        match ProcessRef::<Till>::lookup(&"till") {
            Some(found) if found != till => break found,
            _ => {}
        }
    };
    println!("in the new one: {}", again.request(Sum));
    shop.shutdown();

    let mut config = ProcessConfig::new().unwrap();
    config.set_max_memory(4_000_000);
    config.set_can_spawn_processes(false);
    config.add_environment_variable("FRUIT", "pear");
    Process::spawn_config(&config, mailbox.this(), |parent: Process<u32>, _: Mailbox<()>| {
        println!("FRUIT={}", std::env::var("FRUIT").unwrap());
        parent.send(2);
    });
    println!("configured: {}", mailbox.receive() == 2);
}
