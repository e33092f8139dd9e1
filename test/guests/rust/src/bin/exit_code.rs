//! Ends with the code given as first argument; without one, by returning.

fn main() {
    let code = std::env::args().nth(1);
    println!("ending with {code:?}");
    if let Some(code) = code {
        std::process::exit(code.parse().expect("a number"));
    }
}
