//! Values of many types through a mailbox and a channel, and messages of a wrong type.

use lunatic::{message, Channel, Mailbox, Message, Process, Received, Tag};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

message! {
    #[derive(Debug, Clone, PartialEq)]
    struct Point {
        x: i32,
        y: i32,
    }

    #[derive(Debug, Clone, PartialEq)]
    enum Shape {
        Empty,
        Circle(Point, f64),
        Polygon { corners: Vec<Point>, name: Option<String> },
        Group(Vec<Shape>),
    }
}

/// Sends back the bytes it gets, through the channel that comes with them.
fn echo<T: Message>(mailbox: Mailbox<(T, Channel<T>)>) {
    let (value, back) = mailbox.receive();
    back.send(value);
}

fn there_and_back<T: Message + Clone + PartialEq + Debug>(name: &str, value: T) {
    let process = Process::spawn_link((), |(), mailbox| echo::<T>(mailbox)).unwrap();
    let back = Channel::new(0);
    process.send((value.clone(), back.clone()));
    let same = back.receive() == value;
    println!("{name}: {same}");
}

fn main() {
    there_and_back("numbers", (u8::MAX, i16::MIN, u32::MAX, i64::MIN, u128::MAX, -0.1f32, f64::MAX));
    there_and_back("text", ("größe 🦀".to_string(), 'é', true, ()));
    there_and_back("lists", (vec![vec![1u16], vec![], vec![2, 3]], [1.5f64, -2.5]));
    there_and_back("megabyte", (0..1 << 20).map(|n| (n % 251) as u8).collect::<Vec<u8>>());
    there_and_back("options", (Some(Some(1u8)), None::<String>, Ok::<u8, String>(1), Err::<u8, String>("no".into())));
    there_and_back("maps", (BTreeMap::from([(1u8, 'a')]), HashMap::from([("key".to_string(), vec![1i8])])));
    let polygon = Shape::Polygon { corners: vec![Point { x: 1, y: -2 }; 3], name: Some("triangle".to_string()) };
    there_and_back("enums", Shape::Group(vec![Shape::Empty, Shape::Circle(Point { x: 0, y: 9 }, 0.5), polygon]));
    there_and_back("handles", (Process::<u8>::from_id(9), Tag::fixed(9)));

    let mailbox = Mailbox::<()>::take().catch_link_failure();
    let picky = Process::spawn_link((), |(), mailbox: Mailbox<Shape>| {
        mailbox.receive();
    })
    .unwrap();
    Process::<[u8; 3]>::from_id(picky.id()).send([9, 9, 9]);
    println!("wrong type: {}", matches!(mailbox.receive(), Received::LinkDied(_)));
}
