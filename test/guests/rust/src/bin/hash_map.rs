//! Hash maps: growth, removal, entries, different keys. The seeds are random, so orders are not printed.

use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
    Pair(Box<Key>, Box<Key>),
}

const TEXT: &str = "it was the best of times it was the worst of times it was the age of wisdom it was the age of \
                    foolishness it was the epoch of belief it was the epoch of incredulity it was the season of \
                    light it was the season of darkness";

fn main() {
    let mut squares = HashMap::new();
    for n in 0..50_000u64 {
        squares.insert(n, n * n);
    }
    let sum = squares.values().fold(0u64, |sum, value| sum.wrapping_add(*value));
    println!(
        "{} entries, sum {sum}, 777 -> {:?}, 50000 -> {:?}",
        squares.len(),
        squares.get(&777),
        squares.get(&50_000)
    );
    squares.retain(|key, _| key % 7 == 0);
    let removed = (0..1_000).filter(|key| squares.remove(key).is_some()).count();
    println!("{} multiples of 7 stay, {removed} more removed, {} left", squares.len() + removed, squares.len());

    let mut words: HashMap<&str, usize> = HashMap::new();
    for word in TEXT.split_whitespace() {
        *words.entry(word).or_insert(0) += 1;
    }
    let mut counts: Vec<_> = words.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    for (word, count) in counts.iter().take(6) {
        println!("{word:>6} {count}");
    }

    let mut groups: HashMap<usize, HashSet<&str>> = HashMap::new();
    for (word, _) in &counts {
        groups.entry(word.len()).or_default().insert(word);
    }
    let sizes: BTreeMap<_, _> = groups.iter().map(|(length, words)| (length, words.len())).collect();
    println!("different words by length: {sizes:?}");

    let keys = (0..200).map(|n| match n % 3 {
        0 => Key::Number(n),
        1 => Key::Text(format!("key {n}")),
        _ => Key::Pair(Box::new(Key::Number(n / 2)), Box::new(Key::Text("x".repeat(n as usize % 5)))),
    });
    let table: HashMap<Key, usize> = keys.clone().zip(0..).collect();
    println!("{} keys, all found: {}", table.len(), keys.clone().zip(0..).all(|(key, n)| table[&key] == n));
    println!("greatest key: {:?}", table.keys().max());

    let evens: HashSet<u32> = (0..100).filter(|n| n % 2 == 0).collect();
    let threes: HashSet<u32> = (0..100).filter(|n| n % 3 == 0).collect();
    println!(
        "both {}, either {}, one {}",
        evens.intersection(&threes).count(),
        evens.union(&threes).count(),
        evens.symmetric_difference(&threes).count()
    );
}
