//! A small language: tokens, precedence, closures over environments, a loop of function pointers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(i64),
    Name(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 16] = ["=>", "==", "<=", "(", ")", "{", "}", ",", ";", "=", "+", "-", "*", "/", "%", "<"];

fn tokens(mut text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    loop {
        text = text.trim_start();
        let first = match text.chars().next() {
            Some(first) => first,
            None => return Ok(tokens),
        };
        let of = |class: fn(char) -> bool| text.find(|c| !class(c)).unwrap_or(text.len());
        let length = if first.is_ascii_digit() {
            let end = of(|c| c.is_ascii_digit());
            tokens.push(Token::Number(text[..end].parse().map_err(|_| format!("{} is too large", &text[..end]))?));
            end
        } else if first.is_alphabetic() {
            let end = of(char::is_alphanumeric);
            tokens.push(Token::Name(text[..end].to_string()));
            end
        } else {
            let symbol = SYMBOLS.iter().find(|symbol| text.starts_with(*symbol));
            let symbol = symbol.ok_or_else(|| format!("{first:?} means nothing"))?;
            tokens.push(Token::Symbol(symbol));
            symbol.len()
        };
        text = &text[length..];
    }
}

enum Expr {
    Number(i64),
    Name(String),
    Let(String, Box<Expr>),
    Binary(fn(i64, i64) -> Result<i64, String>, Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Function(Rc<(Vec<String>, Expr)>),
    Call(Box<Expr>, Vec<Expr>),
    Block(Vec<Expr>),
}

#[derive(Clone)]
enum Value {
    Number(i64),
    Function(Rc<(Vec<String>, Expr)>, Rc<Scope>),
}

#[derive(Default)]
struct Scope {
    names: RefCell<HashMap<String, Value>>,
    outer: Option<Rc<Scope>>,
}

impl Scope {
    fn get(&self, name: &str) -> Result<Value, String> {
        match (self.names.borrow().get(name), &self.outer) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some(outer)) => outer.get(name),
            (None, None) => Err(format!("{name} is not defined")),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
}

type Operator = (&'static str, fn(i64, i64) -> Result<i64, String>);

/// Weakest first.
const LEVELS: [&[Operator]; 3] = [
    &[("==", |a, b| Ok((a == b) as i64)), ("<=", |a, b| Ok((a <= b) as i64)), ("<", |a, b| Ok((a < b) as i64))],
    &[("+", |a, b| a.checked_add(b).ok_or("too large".into())), ("-", |a, b| Ok(a - b))],
    &[
        ("*", |a, b| a.checked_mul(b).ok_or("too large".into())),
        ("/", |a, b| a.checked_div(b).ok_or("division by zero".into())),
        ("%", |a, b| a.checked_rem(b).ok_or("division by zero".into())),
    ],
];

impl Parser {
    fn eat(&mut self, symbol: &str) -> bool {
        let found = matches!(self.tokens.get(self.position), Some(Token::Symbol(s)) if *s == symbol);
        self.position += usize::from(found);
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.position), Some(Token::Name(name)) if name == word);
        self.position += usize::from(found);
        found
    }

    fn need(&mut self, symbol: &str) -> Result<(), String> {
        if self.eat(symbol) {
            return Ok(());
        }
        Err(format!("{symbol} expected at token {}", self.position))
    }

    fn name(&mut self) -> Result<String, String> {
        match self.tokens.get(self.position) {
            Some(Token::Name(name)) => {
                self.position += 1;
                Ok(name.clone())
            }
            other => Err(format!("a name expected, not {other:?}")),
        }
    }

    fn block(&mut self, end: Option<&str>) -> Result<Expr, String> {
        let mut parts = Vec::new();
        loop {
            if end.map_or(self.position == self.tokens.len(), |end| self.eat(end)) {
                return Ok(Expr::Block(parts));
            }
            parts.push(self.expr()?);
            self.eat(";");
        }
    }

    fn expr(&mut self) -> Result<Expr, String> {
        if self.eat_word("let") {
            let name = self.name()?;
            self.need("=")?;
            return Ok(Expr::Let(name, Box::new(self.expr()?)));
        }
        if self.eat_word("if") {
            let condition = self.expr()?;
            self.need("{")?;
            let then = self.block(Some("}"))?;
            let otherwise = if self.eat_word("else") {
                self.need("{")?;
                self.block(Some("}"))?
            } else {
                Expr::Number(0)
            };
            return Ok(Expr::If(Box::new(condition), Box::new(then), Box::new(otherwise)));
        }
        if self.eat_word("fn") {
            self.need("(")?;
            let mut parameters = Vec::new();
            while !self.eat(")") {
                parameters.push(self.name()?);
                self.eat(",");
            }
            self.need("=>")?;
            return Ok(Expr::Function(Rc::new((parameters, self.expr()?))));
        }
        self.binary(0)
    }

    fn binary(&mut self, level: usize) -> Result<Expr, String> {
        let operators = match LEVELS.get(level) {
            Some(operators) => operators,
            None => return self.call(),
        };
        let mut left = self.binary(level + 1)?;
        while let Some((_, operation)) = operators.iter().find(|(symbol, _)| self.eat(symbol)) {
            left = Expr::Binary(*operation, Box::new(left), Box::new(self.binary(level + 1)?));
        }
        Ok(left)
    }

    fn call(&mut self) -> Result<Expr, String> {
        let mut callee = self.atom()?;
        while self.eat("(") {
            let mut arguments = Vec::new();
            while !self.eat(")") {
                arguments.push(self.expr()?);
                self.eat(",");
            }
            callee = Expr::Call(Box::new(callee), arguments);
        }
        Ok(callee)
    }

    fn atom(&mut self) -> Result<Expr, String> {
        if self.eat("(") {
            let inner = self.expr()?;
            self.need(")")?;
            return Ok(inner);
        }
        if self.eat("{") {
            return self.block(Some("}"));
        }
        let token = self.tokens.get(self.position).cloned();
        self.position += 1;
        match token {
            Some(Token::Number(number)) => Ok(Expr::Number(number)),
            Some(Token::Name(name)) => Ok(Expr::Name(name)),
            other => Err(format!("an expression expected, not {other:?}")),
        }
    }
}

fn number(value: Value) -> Result<i64, String> {
    match value {
        Value::Number(number) => Ok(number),
        Value::Function(..) => Err("a function is not a number".to_string()),
    }
}

fn evaluate(expr: &Expr, scope: &Rc<Scope>) -> Result<Value, String> {
    match expr {
        Expr::Number(number) => Ok(Value::Number(*number)),
        Expr::Name(name) => scope.get(name),
        Expr::Let(name, expr) => {
            let value = evaluate(expr, scope)?;
            scope.names.borrow_mut().insert(name.clone(), value.clone());
            Ok(value)
        }
        Expr::Binary(operation, left, right) => {
            operation(number(evaluate(left, scope)?)?, number(evaluate(right, scope)?)?).map(Value::Number)
        }
        Expr::If(condition, then, otherwise) => {
            evaluate(if number(evaluate(condition, scope)?)? != 0 { then } else { otherwise }, scope)
        }
        Expr::Function(function) => Ok(Value::Function(function.clone(), scope.clone())),
        Expr::Call(callee, arguments) => {
            let (function, outer) = match evaluate(callee, scope)? {
                Value::Function(function, outer) => (function, outer),
                Value::Number(_) => return Err("only functions can be called".to_string()),
            };
            if function.0.len() != arguments.len() {
                return Err(format!("{} arguments expected, not {}", function.0.len(), arguments.len()));
            }
            let inner = Scope { outer: Some(outer), ..Scope::default() };
            for (name, argument) in function.0.iter().zip(arguments) {
                inner.names.borrow_mut().insert(name.clone(), evaluate(argument, scope)?);
            }
            evaluate(&function.1, &Rc::new(inner))
        }
        Expr::Block(parts) => parts.iter().try_fold(Value::Number(0), |_, part| evaluate(part, scope)),
    }
}

fn run(source: &str) -> Result<i64, String> {
    let program = Parser { tokens: tokens(source)?, position: 0 }.block(None)?;
    number(evaluate(&program, &Rc::default())?)
}

fn main() {
    let programs = [
        "1 + 2 * 3 - 4 / 2",
        "(1 + 2) * (3 - 4) % 5",
        "let fib = fn(n) => if n < 2 { n } else { fib(n - 1) + fib(n - 2) }; fib(20)",
        "let sum = fn(n) => if n == 0 { 0 } else { n + sum(n - 1) }; sum(300)",
        "let add = fn(a) => fn(b) => a + b; let five = add(5); five(37)",
        "let twice = fn(f, x) => f(f(x)); twice(fn(x) => x * x, 7)",
        "let gcd = fn(a, b) => if b == 0 { a } else { gcd(b, a % b) }; gcd(1071, 462)",
        "let collatz = fn(n, steps) => if n == 1 { steps } else { if n % 2 == 0 { collatz(n / 2, steps + 1) } else { collatz(3 * n + 1, steps + 1) } }; collatz(27, 0)",
        "let a = 1; { let a = a + 1; a } * 10 + a",
        "1 / (2 - 2)",
        "unknown + 1",
        "let f = fn(x) => x; f(1, 2)",
        "1 + ",
        "9223372036854775807 + 1",
        "fn(x) => x",
        "2 ? 3",
    ];
    for source in programs {
        match run(source) {
            Ok(value) => println!("{source} = {value}"),
            Err(error) => println!("{source}: error: {error}"),
        }
    }
}
