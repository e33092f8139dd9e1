//! A JSON parser and printer: recursive descent, strings, errors with places.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
}

type Parsed<T> = Result<T, String>;

impl Parser<'_> {
    fn parse(text: &str) -> Parsed<Json> {
        let mut parser = Parser { text, position: 0 };
        let value = parser.value()?;
        parser.space();
        match parser.peek() {
            None => Ok(value),
            Some(_) => parser.fail("the end"),
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }

    fn fail<T>(&self, expected: &str) -> Parsed<T> {
        let found = self.peek().map_or("the end".to_string(), |c| format!("{c:?}"));
        Err(format!("{expected} expected at {}, found {found}", self.position))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(next) if next.is_whitespace()) {
            self.position += 1;
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.text[self.position..].starts_with(token);
        if found {
            self.position += token.len();
        }
        found
    }

    fn value(&mut self) -> Parsed<Json> {
        for (token, value) in [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))] {
            if self.eat(token) {
                return Ok(value);
            }
        }
        match self.peek() {
            Some('"') => Ok(Json::Text(self.string()?)),
            Some('[') => Ok(Json::List(self.sequence("[", "]", Parser::value)?)),
            Some('{') => {
                let entries = self.sequence("{", "}", |parser| {
                    let key = parser.string()?;
                    if !parser.eat(":") {
                        return parser.fail("':'");
                    }
                    Ok((key, parser.value()?))
                })?;
                Ok(Json::Object(entries.into_iter().collect()))
            }
            Some('-' | '0'..='9') => self.number(),
            _ => self.fail("a value"),
        }
    }

    fn sequence<T>(&mut self, open: &str, close: &str, item: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.eat(open);
        let mut items = Vec::new();
        if self.eat(close) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.eat(close) {
                return Ok(items);
            }
            if !self.eat(",") {
                return self.fail(&format!("',' or '{close}'"));
            }
        }
    }

    fn number(&mut self) -> Parsed<Json> {
        let rest = &self.text[self.position..];
        let end = rest.find(|c: char| !"+-.eE0123456789".contains(c)).unwrap_or(rest.len());
        match rest[..end].parse() {
            Ok(number) => {
                self.position += end;
                Ok(Json::Number(number))
            }
            Err(_) => self.fail("a number"),
        }
    }

    fn string(&mut self) -> Parsed<String> {
        if !self.eat("\"") {
            return self.fail("a string");
        }
        let mut text = String::new();
        loop {
            match self.take() {
                None => return self.fail("'\"'"),
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some(c) => text.push(c),
            }
        }
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.position += next.len_utf8();
        Some(next)
    }

    fn escape(&mut self) -> Parsed<char> {
        match self.take() {
            Some('n') => Ok('\n'),
            Some('t') => Ok('\t'),
            Some(c @ ('"' | '\\' | '/')) => Ok(c),
            Some('u') => {
                let digits = self.text.get(self.position..self.position + 4);
                match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32) {
                    Some(c) => {
                        self.position += 4;
                        Ok(c)
                    }
                    None => self.fail("four hexadecimal digits"),
                }
            }
            _ => self.fail("an escape"),
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => write!(f, "null"),
            Json::Bool(value) => write!(f, "{value}"),
            Json::Number(value) => write!(f, "{value}"),
            Json::Text(text) => write!(f, "{text:?}"),
            Json::List(items) => {
                write!(f, "[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { "," })?;
                }
                write!(f, "]")
            }
            Json::Object(entries) => {
                write!(f, "{{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key:?}:{value}", if index == 0 { "" } else { "," })?;
                }
                write!(f, "}}")
            }
        }
    }
}

fn main() {
    let sources = [
        r#" { "name": "Ada", "tags": ["a", "b\n", "\u00e9\"\\"], "age": 36, "more": {"x": -1.5e3, "none": null, "ok": true} } "#,
        "[]",
        "{}",
        "[1, 2.5, -0.125, 1e21, 123456789012]",
        "\"snow \u{2603}\"",
        "[1, 2",
        "{\"a\" 1}",
        "[1, 2] 3",
        "\"\\x\"",
        "tru",
        "\"\\u12\"",
        "",
        "[-]",
    ];
    for source in sources {
        match Parser::parse(source) {
            Ok(value) => println!("{value}"),
            Err(error) => println!("error: {error}"),
        }
    }

    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let mut depth = 0;
    let mut value = Parser::parse(&deep).expect("nested lists");
    while let Json::List(mut items) = value {
        depth += 1;
        value = items.remove(0);
    }
    println!("depth {depth}, inside {value}");

    let rows: Vec<String> =
        (0..2_000).map(|n| format!(r#"{{"id":{n},"text":"row {n}","half":{}}}"#, n as f64 / 2.0)).collect();
    let big = format!("[{}]", rows.join(","));
    let parsed = Parser::parse(&big).expect("a list of rows");
    let printed = parsed.to_string();
    println!("{} bytes, again {} bytes", big.len(), printed.len());
    println!("round trip: {}", Parser::parse(&printed) == Ok(parsed));
}
