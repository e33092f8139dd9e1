//! Formatting and parsing of numbers and texts.

use std::fmt;

struct Money(i64);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:02}", self.0 / 100, self.0 % 100))
    }
}

#[derive(Debug, Clone, Copy)]
#[allow(dead_code)] // Read by Debug only.
struct Point {
    x: f32,
    y: Option<i8>,
}

fn main() {
    println!("{} {} {} {}", u8::MAX, i16::MIN, u64::MAX, i128::MIN);
    println!("{:5}|{:<5}|{:^5}|{:>5}|{:05}|{:+}", 42, 42, 42, 42, -42, 42);
    println!("{:x} {:X} {:o} {:b} {:#x} {:#010b} {:e}", 255, 255, 8, 5, 4096, 5, 1234.5);
    println!("{:?} {:?} {:?} {:?}", 1.0f64, 0.1f32 + 0.2f32, 0.1 + 0.2, 1e300);
    println!("{} {} {} {}", f64::MAX, f64::MIN_POSITIVE, f32::EPSILON, f64::EPSILON);
    println!("{} {} {} {:?}", f64::NAN, f64::INFINITY, -f64::INFINITY, -0.0);
    println!("{:.0} {:.0} {:.0} {:.1} {:.3} {:8.2}| {:<8.2}|", 0.75, 1.5, 2.5, 0.25, 2.0 / 3.0, 3.14195, 2.71288);
    println!("{:.20}", 0.1);
    println!("{}", 5e-324);
    println!("{:?} {:?}", f32::MAX, 16_777_217f32);
    println!("{:>10}|{:*^9}|{:-<6}|", Money(123_456), Money(5), Money(99));
    println!("{:?}", Point { x: 1.5, y: Some(-3) });
    println!("{:#?}", [Point { x: 0.0, y: None }]);
    println!("{:?} {:?} {}", "quote \" tab \t é \u{7f}", 'x', 'ß'.to_uppercase());
    println!("{:width$.precision$}|{name:>1$}", 2.5, 6, width = 7, precision = 3, name = "abc");

    for text in ["1.5", "-7e-3", "1e400", ".5", "inf", "nan", "", "1.5x", "0x10"] {
        println!("{text:?} -> {:?}", text.parse::<f64>().map_err(|error| error.to_string()));
    }
    for text in ["42", "-1", "+7", "256", "", "4.0", "00012"] {
        println!("{text:?} -> {:?}", text.parse::<u8>().map_err(|error| error.to_string()));
    }

    // Shortest digits that read back the same, over many magnitudes.
    let (mut value, mut same, mut length) = (1.0f64, 0, 0);
    for _ in 0..600 {
        let text = value.to_string();
        length += text.len();
        same += u32::from(text.parse() == Ok(value));
        value *= -0.7654321;
    }
    println!("{same} of 600 read back, {length} bytes");
}
