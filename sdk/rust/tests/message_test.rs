//! The encoding: bytes as bincode 1.3 writes them, round trips, and refusals.

use lunatic::message::{decode, encode};
use lunatic::{message, Message, Process, Tag};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Debug;
use std::time::Duration;

message! {
    #[derive(Debug, Clone, PartialEq)]
    struct Point {
        x: i32,
        y: i32,
    }

    /// With documentation, visibility and a trailing comma.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Pair<A, B>(pub A, pub B,);

    #[derive(Debug, PartialEq)]
    struct Unit;

    #[derive(Debug, PartialEq)]
    struct Nothing {}

    #[derive(Debug, Clone, PartialEq)]
    enum Shape {
        Empty,
        Circle(Point, f64),
        Polygon { corners: Vec<Point>, closed: bool },
        Many(u8, u8, u8, u8, u8, u8, u8, u8),
    }

    #[derive(Debug, PartialEq)]
    enum Tree<T> {
        Leaf,
        Node(Box<Tree<T>>, T, Box<Tree<T>>),
    }
}

fn holds<T: Message + PartialEq + Debug>(value: T, bytes: &[u8]) {
    assert_eq!(encode(&value), bytes, "bytes of {value:?}");
    assert_eq!(decode::<T>(bytes), Ok(value));
}

fn refuses<T: Message + PartialEq + Debug>(bytes: &[u8], text: &str) {
    assert_eq!(decode::<T>(bytes).unwrap_err().to_string(), text);
}

#[test]
fn scalars_are_little_endian_of_fixed_width() {
    holds(0x12u8, &[0x12]);
    holds(-2i8, &[0xfe]);
    holds(0x1234u16, &[0x34, 0x12]);
    holds(-2i32, &[0xfe, 0xff, 0xff, 0xff]);
    holds(0x0102_0304_0506_0708u64, &[8, 7, 6, 5, 4, 3, 2, 1]);
    holds(1u128, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    holds(i128::MIN, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]);
    holds(3usize, &[3, 0, 0, 0, 0, 0, 0, 0]);
    holds(-1isize, &[0xff; 8]);
    holds(1.5f32, &[0, 0, 0xc0, 0x3f]);
    holds(-0.0f64, &[0, 0, 0, 0, 0, 0, 0, 0x80]);
    holds(true, &[1]);
    holds((), &[]);
    holds(Duration::from_millis(1_500), &[1, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x65, 0xcd, 0x1d]);
}

#[test]
fn nan_keeps_its_bits() {
    let bits = 0x7ff8_0000_dead_beef;
    assert_eq!(decode::<f64>(&encode(&f64::from_bits(bits))).unwrap().to_bits(), bits);
}

#[test]
fn chars_are_utf8_of_any_length() {
    holds('a', b"a");
    holds('é', "é".as_bytes());
    holds('€', "€".as_bytes());
    holds('🦀', "🦀".as_bytes());
    refuses::<char>(&[0x80], "byte 0: 0x80 does not start a character");
    refuses::<char>(&[0xe2, 0x28, 0xa1], "byte 0: not a UTF-8 character");
    refuses::<char>(&[0xe2, 0x82], "byte 1: 2 bytes expected, 1 left");
}

#[test]
fn containers_start_with_their_length() {
    holds("aé".to_string(), &[3, 0, 0, 0, 0, 0, 0, 0, b'a', 0xc3, 0xa9]);
    holds(vec![1u8, 2], &[2, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    holds(vec![1u16, 2], &[2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0]);
    holds(Vec::<String>::new(), &[0; 8]);
    holds(vec![(), (), ()], &[3, 0, 0, 0, 0, 0, 0, 0]);
    holds([7u8, 8], &[7, 8]);
    holds(Box::new(7u8), &[7]);
    holds(BTreeSet::from([2u8, 1]), &[2, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    holds(BTreeMap::from([(2u8, 'b'), (1, 'a')]), &[2, 0, 0, 0, 0, 0, 0, 0, 1, b'a', 2, b'b']);

    let mut ring = VecDeque::from([2u8, 3]);
    ring.push_front(1);
    holds(ring, &[3, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
}

#[test]
fn hash_collections_round_trip() {
    let map: HashMap<String, Vec<i64>> =
        (0..100i64).map(|number| (format!("key {number}"), vec![number; number as usize % 5])).collect();
    assert_eq!(decode::<HashMap<String, Vec<i64>>>(&encode(&map)), Ok(map));
    let set: HashSet<(i32, char)> = (0..100).map(|number| (number, 'x')).collect();
    assert_eq!(decode::<HashSet<(i32, char)>>(&encode(&set)), Ok(set));
}

#[test]
fn options_and_results_have_their_tags() {
    holds(None::<u8>, &[0]);
    holds(Some(5u8), &[1, 5]);
    holds(Some(None::<u8>), &[1, 0]);
    holds(Ok::<u8, ()>(5), &[0, 0, 0, 0, 5]);
    holds(Err::<u8, String>(String::new()), &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    refuses::<Option<u8>>(&[2, 5], "byte 0: 2 is not an option tag (0 or 1)");
    refuses::<Result<u8, u8>>(&[2, 0, 0, 0, 5], "byte 0: 2 is not a result (0 or 1)");
}

#[test]
fn tuples_are_their_parts() {
    holds((1u8,), &[1]);
    holds((1u8, 2u16), &[1, 2, 0]);
    holds((1u8, 2u8, 3u8, 4u8, 5u8, 6u8, (7u8, true), 'h'), &[1, 2, 3, 4, 5, 6, 7, 1, b'h']);
}

#[test]
fn handles_are_numbers() {
    holds(Process::<String>::from_id(9), &[9, 0, 0, 0, 0, 0, 0, 0]);
    holds(Tag::fixed(3), &[3, 0, 0, 0, 0, 0, 0, 0]);
    refuses::<Tag>(&[0; 8], "byte 0: 0 is not a tag");
}

#[test]
fn message_macro_writes_structs_as_fields() {
    holds(Point { x: 1, y: -1 }, &[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    holds(Pair('a', Pair(true, 3u8)), &[b'a', 1, 3]);
    holds(Unit, &[]);
    holds(Nothing {}, &[]);
}

#[test]
fn message_macro_writes_enums_with_their_position() {
    holds(Shape::Empty, &[0, 0, 0, 0]);
    holds(Shape::Circle(Point { x: 1, y: 2 }, 0.0), &[1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    holds(Shape::Polygon { corners: vec![], closed: true }, &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    holds(Shape::Many(1, 2, 3, 4, 5, 6, 7, 8), &[3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    refuses::<Shape>(&[4, 0, 0, 0], "byte 0: Shape has no variant number 4");
}

#[test]
fn message_macro_takes_recursive_generic_types() {
    let leaf = || Box::new(Tree::Leaf);
    let tree = Tree::Node(Box::new(Tree::Node(leaf(), "left".to_string(), leaf())), "root".to_string(), leaf());
    assert_eq!(decode::<Tree<String>>(&encode(&tree)), Ok(tree));
}

#[test]
fn every_truncation_is_refused() {
    type All = (u32, String, Option<Vec<u16>>, (bool, char), BTreeMap<u8, Shape>, Result<f64, ()>, [i8; 3]);
    let shape = Shape::Polygon { corners: vec![Point { x: 1, y: 2 }], closed: false };
    let value: All = (1, "two".into(), Some(vec![3, 4]), (true, 'é'), BTreeMap::from([(5, shape)]), Ok(6.0), [7, 8, 9]);
    let bytes = encode(&value);
    assert_eq!(decode::<All>(&bytes), Ok(value));
    for length in 0..bytes.len() {
        let error = decode::<All>(&bytes[..length]).unwrap_err();
        assert!(error.offset <= length, "{error}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    refuses::<(u8, bool)>(&[0, 7], "byte 1: 7 is not a bool (0 or 1)");
    refuses::<u32>(&[1, 2, 3], "byte 0: 4 bytes expected, 3 left");
    refuses::<u8>(&[1, 2, 3], "byte 1: 2 bytes left over after the value");
    refuses::<String>(&[3, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', 0xff], "byte 10: the string is not UTF-8 from here");
    refuses::<Duration>(&[0xff; 12], "byte 8: 4294967295 nanoseconds are more than a second");
}

#[test]
fn a_huge_length_costs_no_memory() {
    let mut bytes = vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
    bytes.extend_from_slice(&[1, 2, 3]);
    assert!(decode::<Vec<u8>>(&bytes).is_err());
    assert!(decode::<Vec<u64>>(&bytes).is_err());
    assert!(decode::<String>(&bytes).is_err());
    assert!(decode::<HashMap<u8, u8>>(&bytes).is_err());
}
