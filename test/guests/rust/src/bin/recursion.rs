//! Recursive functions: deep, wide, mutual and over big integers.

fn ackermann(m: u64, n: u64) -> u64 {
    match (m, n) {
        (0, n) => n + 1,
        (m, 0) => ackermann(m - 1, 1),
        (m, n) => ackermann(m - 1, ackermann(m, n - 1)),
    }
}

fn hanoi(disks: u32, from: char, to: char, over: char, moves: &mut Vec<(char, char)>) {
    if disks > 0 {
        hanoi(disks - 1, from, over, to, moves);
        moves.push((from, to));
        hanoi(disks - 1, over, to, from, moves);
    }
}

fn is_even(n: u32) -> bool {
    n == 0 || is_odd(n - 1)
}

fn is_odd(n: u32) -> bool {
    n != 0 && is_even(n - 1)
}

/// Counts the ways to place queens so that none attacks another.
fn queens(size: u32, columns: u32, left: u32, right: u32) -> u32 {
    let all = (1 << size) - 1;
    if columns == all {
        return 1;
    }
    let mut count = 0;
    let mut free = all & !(columns | left | right);
    while free != 0 {
        let place = free & free.wrapping_neg();
        free ^= place;
        count += queens(size, columns | place, (left | place) << 1, (right | place) >> 1);
    }
    count
}

/// Decimal digits, least significant first.
fn factorial(n: u32) -> Vec<u8> {
    if n == 0 {
        return vec![1];
    }
    let mut carry = 0;
    let mut digits: Vec<u8> = factorial(n - 1)
        .into_iter()
        .map(|digit| {
            carry += u32::from(digit) * n;
            let low = carry % 10;
            carry /= 10;
            low as u8
        })
        .collect();
    while carry > 0 {
        digits.push((carry % 10) as u8);
        carry /= 10;
    }
    digits
}

fn permutations(items: &mut Vec<u8>, from: usize, found: &mut Vec<String>) {
    if from == items.len() {
        found.push(String::from_utf8_lossy(items).into_owned());
        return;
    }
    for index in from..items.len() {
        items.swap(from, index);
        permutations(items, from + 1, found);
        items.swap(from, index);
    }
}

fn main() {
    println!("ackermann(2, 9) = {}", ackermann(2, 9));
    println!("ackermann(3, 6) = {}", ackermann(3, 6));
    let mut moves = Vec::new();
    hanoi(10, 'A', 'C', 'B', &mut moves);
    println!("hanoi(10): {} moves, last {:?}", moves.len(), moves[moves.len() - 1]);
    println!("is_even(10001) = {}, is_odd(10001) = {}", is_even(10_001), is_odd(10_001));
    for size in 4..=9 {
        println!("queens({size}) = {}", queens(size, 0, 0, 0));
    }
    let digits: String = factorial(60).iter().rev().map(|digit| char::from(b'0' + digit)).collect();
    println!("60! = {digits}");
    let mut found = Vec::new();
    permutations(&mut b"abcd".to_vec(), 0, &mut found);
    found.sort();
    println!("{} permutations: {}", found.len(), found.join(" "));
}
