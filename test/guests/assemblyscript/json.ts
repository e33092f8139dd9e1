// A JSON reader and printer: recursive descent, strings, maps, a small class hierarchy.

import { print } from "lunatic-as";

abstract class Value {
  abstract toText(indent: string): string;
}
class Atom extends Value {
  constructor(public text: string) { super(); }
  toText(indent: string): string { return this.text; }
}
class List extends Value {
  items: Value[] = [];
  toText(indent: string): string {
    if (this.items.length == 0) return "[]";
    const inner = indent + "  ";
    const parts: string[] = [];
    for (let i = 0; i < this.items.length; i++) parts.push(inner + this.items[i].toText(inner));
    return "[\n" + parts.join(",\n") + "\n" + indent + "]";
  }
}
class Dict extends Value {
  fields: Map<string, Value> = new Map();
  toText(indent: string): string {
    const keys = this.fields.keys().sort();
    if (keys.length == 0) return "{}";
    const inner = indent + "  ";
    const parts: string[] = [];
    for (let i = 0; i < keys.length; i++) parts.push(inner + quote(keys[i]) + ": " + this.fields.get(keys[i]).toText(inner));
    return "{\n" + parts.join(",\n") + "\n" + indent + "}";
  }
}

function quote(text: string): string {
  let quoted = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code == 34 || code == 92) quoted += "\\";
    quoted += code == 10 ? "\\n" : String.fromCharCode(code);
  }
  return quoted + '"';
}

class Parser {
  private at: i32 = 0;
  problem: string = "";
  constructor(private text: string) {}

  parse(): Value | null {
    const value = this.value();
    this.blank();
    if (value !== null && this.at < this.text.length) return this.fail("text after the value");
    return value;
  }

  private fail(what: string): Value | null {
    if (this.problem == "") this.problem = what + " at " + this.at.toString();
    return null;
  }

  private blank(): void {
    while (this.at < this.text.length && this.text.charCodeAt(this.at) <= 32) this.at++;
  }

  private next(): i32 {
    this.blank();
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  private value(): Value | null {
    const code = this.next();
    if (code == 123) return this.dict();
    if (code == 91) return this.list();
    if (code == 34) {
      const text = this.string();
      return text === null ? null : new Atom(quote(text));
    }
    const start = this.at;
    while (this.at < this.text.length && this.isWord(this.text.charCodeAt(this.at))) this.at++;
    if (start == this.at) return this.fail("no value");
    const word = this.text.substring(start, this.at);
    if (word == "true" || word == "false" || word == "null") return new Atom(word);
    const number = parseFloat(word);
    return isNaN(number) ? this.fail("bad word " + word) : new Atom(number.toString());
  }

  private isWord(code: i32): bool {
    return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code == 43 || code == 45 || code == 46 || code == 69;
  }

  private string(): string | null {
    this.at++;
    let text = "";
    while (this.at < this.text.length) {
      let code = this.text.charCodeAt(this.at++);
      if (code == 34) return text;
      if (code == 92) {
        code = this.text.charCodeAt(this.at++);
        if (code == 110) code = 10;
        else if (code == 117) {
          code = <i32>parseInt(this.text.substring(this.at, this.at + 4), 16);
          this.at += 4;
        }
      }
      text += String.fromCharCode(code);
    }
    this.fail("unfinished string");
    return null;
  }

  private list(): Value | null {
    const list = new List();
    this.at++;
    if (this.next() == 93) { this.at++; return list; }
    while (true) {
      const item = this.value();
      if (item === null) return null;
      list.items.push(item);
      const code = this.next();
      this.at++;
      if (code == 93) return list;
      if (code != 44) return this.fail("comma expected");
    }
  }

  private dict(): Value | null {
    const dict = new Dict();
    this.at++;
    if (this.next() == 125) { this.at++; return dict; }
    while (true) {
      if (this.next() != 34) return this.fail("name expected");
      const name = this.string();
      if (name === null) return null;
      if (this.next() != 58) return this.fail("colon expected");
      this.at++;
      const value = this.value();
      if (value === null) return null;
      dict.fields.set(name, value);
      const code = this.next();
      this.at++;
      if (code == 125) return dict;
      if (code != 44) return this.fail("comma expected");
    }
  }
}

function show(text: string): void {
  const parser = new Parser(text);
  const value = parser.parse();
  print(value === null ? "error: " + parser.problem : value.toText(""));
}

export function main(): void {
  show(' { "name" : "Ada", "born":1815, "tags": ["a\\"b", "\\u00fc\\n", true, null, -1.5e3], "empty": {}, "none": [] } ');
  show("[1, 2");
  show('{"a" 1}');
  show("[1] 2");
  show("wrong");
  let deep = "";
  for (let i = 0; i < 200; i++) deep += "[";
  deep += "7";
  for (let i = 0; i < 200; i++) deep += "]";
  const parser = new Parser(deep);
  const value = parser.parse();
  print(value === null ? parser.problem : value.toText("").length.toString());
}
