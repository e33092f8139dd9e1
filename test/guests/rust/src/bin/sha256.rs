//! SHA-256 of known texts and of a megabyte. Spec: FIPS 180-4.

struct Sha256 {
    state: [u32; 8],
    block: Vec<u8>,
    length: u64,
}

/// The first 32 bits of the fractional parts of the roots of the first primes.
fn root_bits(root: fn(f64) -> f64, count: usize) -> Vec<u32> {
    (2u32..)
        .filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
        .take(count)
        .map(|prime| (root(f64::from(prime)).fract() * 4_294_967_296.0) as u32)
        .collect()
}

impl Sha256 {
    fn new() -> Self {
        let state = root_bits(f64::sqrt, 8).try_into().expect("eight words");
        Sha256 { state, block: Vec::with_capacity(64), length: 0 }
    }

    fn update(&mut self, bytes: &[u8], constants: &[u32]) {
        self.length += bytes.len() as u64;
        for byte in bytes {
            self.block.push(*byte);
            if self.block.len() == 64 {
                self.compress(constants);
                self.block.clear();
            }
        }
    }

    fn finish(mut self, constants: &[u32]) -> String {
        let bits = self.length * 8;
        self.update(&[0x80], constants);
        while self.block.len() != 56 {
            self.update(&[0], constants);
        }
        self.update(&bits.to_be_bytes(), constants);
        self.state.iter().map(|word| format!("{word:08x}")).collect()
    }

    fn compress(&mut self, constants: &[u32]) {
        let mut w = [0u32; 64];
        for (word, bytes) in w.iter_mut().zip(self.block.chunks_exact(4)) {
            *word = u32::from_be_bytes(bytes.try_into().expect("four bytes"));
        }
        for i in 16..64 {
            let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
            let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
            w[i] = w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = self.state;
        for i in 0..64 {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let t1 = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(constants[i]).wrapping_add(w[i]);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let majority = (a & b) ^ (a & c) ^ (b & c);
            let t2 = s0.wrapping_add(majority);
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
        }
        for (word, value) in self.state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(value);
        }
    }
}

fn main() {
    let constants = root_bits(f64::cbrt, 64);
    let hash = |pieces: &[&[u8]]| {
        let mut sha = Sha256::new();
        for piece in pieces {
            sha.update(piece, &constants);
        }
        sha.finish(&constants)
    };
    println!("{}", hash(&[]));
    println!("{}", hash(&[b"abc"]));
    println!("{}", hash(&[b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"]));
    let mega = vec![b'a'; 1_000_000];
    println!("{}", hash(&[&mega]));
    println!("in pieces the same: {}", hash(&mega.chunks(77).collect::<Vec<_>>()) == hash(&[&mega]));
}
