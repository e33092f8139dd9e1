//! Sorting with closures: by key, by comparison, stable and not, through trait objects.

struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}

fn quicksort<T>(items: &mut [T], less: &dyn Fn(&T, &T) -> bool) {
    if items.len() < 2 {
        return;
    }
    let last = items.len() - 1;
    items.swap(items.len() / 2, last);
    let mut store = 0;
    for index in 0..last {
        if less(&items[index], &items[last]) {
            items.swap(index, store);
            store += 1;
        }
    }
    items.swap(store, last);
    let (left, right) = items.split_at_mut(store);
    quicksort(left, less);
    quicksort(&mut right[1..], less);
}

type Less = fn(&i64, &i64) -> bool;

fn checksum(items: &[u32]) -> u32 {
    items.iter().fold(17, |sum, item| sum.wrapping_mul(31).wrapping_add(*item))
}

fn main() {
    let mut random = Random(2_463_534_242);
    let numbers: Vec<u32> = (0..5_000).map(|_| random.next() % 10_000).collect();
    println!("unsorted {:08x}", checksum(&numbers));

    let mut sorted = numbers.clone();
    sorted.sort();
    println!("ascending {:08x} first {:?}", checksum(&sorted), &sorted[..5]);

    let mut other = numbers.clone();
    quicksort(&mut other, &|a, b| a < b);
    println!("quicksort agrees: {}", other == sorted);

    other.sort_unstable_by(|a, b| b.cmp(a));
    println!("descending {:08x} first {:?}", checksum(&other), &other[..5]);

    let mut comparisons = 0;
    let mut by_digit = numbers.clone();
    by_digit.sort_by(|a, b| {
        comparisons += 1;
        (a % 10).cmp(&(b % 10))
    });
    println!("by last digit {:08x}, comparisons counted: {}", checksum(&by_digit), comparisons > 5_000);
    let stable = by_digit.windows(2).all(|pair| pair[0] % 10 <= pair[1] % 10);
    println!("in order: {stable}");

    let mut words: Vec<String> =
        "the quick brown fox jumps over the lazy dog Then rests".split(' ').map(String::from).collect();
    words.sort_by_key(|word| (word.len(), word.to_lowercase()));
    println!("{}", words.join(" "));
    words.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    println!("{} different words", words.len());

    let orders: [(&str, Less); 3] =
        [("up", |a, b| a < b), ("down", |a, b| a > b), ("by size", |a, b| a.abs() < b.abs())];
    for (name, less) in orders {
        let mut items = [5i64, -7, 3, 0, -1, 9, -4];
        quicksort(&mut items, &less);
        println!("{name}: {items:?}");
    }
    println!("position of 5000 or above: {:?}", sorted.binary_search(&5_000).unwrap_or_else(|place| place));
}
