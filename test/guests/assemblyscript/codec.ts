// Every kind of value that can travel in a message, sent to oneself and read back.

import { Channel, Mailbox, print, Process, Reader, Writer } from "lunatic-as";
import { decode, encode, sharedReader, sharedWriter } from "lunatic-as/assembly/codec";

@message
class Point {
  x: f64 = 0;
  y: f64 = 0;
  label: string | null = null;
}

@message
class Pair<A, B> {
  constructor(
    public first: A,
    public second: B
  ) {}
}

@message
class Everything {
  flag: bool = true;
  small: i8 = -5;
  big: u64 = u64.MAX_VALUE;
  single: f32 = 1.5;
  double: f64 = -0.1;
  text: string = "grüße, 世界 🌍";
  empty: string = "";
  numbers: i32[] = [1, -2, 3];
  words: string[] = ["a", "", "ccc"];
  nested: i32[][] = [[1], [], [2, 3]];
  bytes: Uint8Array = new Uint8Array(3);
  doubles: Float64Array = new Float64Array(2);
  fixed: StaticArray<i16> = [7, 8, 9];
  buffer: ArrayBuffer = new ArrayBuffer(4);
  point: Point = new Point();
  nothing: Point | null = null;
  something: Point | null = new Point();
  pairs: Pair<i32, string>[] = [new Pair(1, "one"), new Pair(2, "two")];
  table: Map<string, i32> = new Map();
  set: Set<u8> = new Set();
  readonly fixedText: string;
  constructor(fixedText: string) {
    this.fixedText = fixedText;
  }
}

@message
abstract class Shape {
  name: string = "shape";
  abstract area(): f64;
}

@message
class Circle extends Shape {
  constructor(private radius: f64) {
    super();
    this.name = "circle";
  }
  area(): f64 { return 3 * this.radius * this.radius; }
}

@message
class Box extends Shape {
  constructor(private width: f64, private height: f64) {
    super();
    this.name = "box";
  }
  area(): f64 { return this.width * this.height; }
}

@message
class Crate extends Box {
  depth: f64 = 2;
  area(): f64 { return super.area() * this.depth; }
}

/** Encodes itself: as text. */
class Roman {
  constructor(public value: i32) {}
  __lunatic_encode(writer: Writer): void { writer.string("I".repeat(this.value)); }
  __lunatic_decode(reader: Reader): void { this.value = reader.string().length; }
}

function trip<T>(value: T): T {
  Process.self<T>().send(value);
  return new Mailbox<T>().receive().value;
}

function size<T>(value: T): u32 {
  const writer = sharedWriter();
  writer.reset();
  encode<T>(writer, value);
  const length = writer.length;
  writer.reset();
  return length;
}

function numbers(): void {
  print(`${trip<bool>(true)} ${trip<i8>(-128)} ${trip<u16>(65535)} ${trip<i32>(-7)} ${trip<u64>(u64.MAX_VALUE)}`);
  print(`${trip<f32>(0.5)} ${trip<f64>(-1e300)} ${trip<f64>(NaN)} ${trip<i64>(i64.MIN_VALUE)}`);
  print(`sizes ${size<bool>(true)} ${size<i16>(1)} ${size<f64>(1)} ${size("abc")} ${size([1, 2, 3])} ${size(new Pair<u8, u8>(1, 2))}`);
}

function texts(): void {
  print(trip("plain") + "|" + trip("") + "|" + trip("grüße, 世界 🌍"));
  const long = "x".repeat(100000);
  print((trip(long) == long).toString());
  const lone = String.fromCharCode(0xd800) + "a" + String.fromCharCode(0xdc00);
  print((trip(lone) == lone).toString());
  print(trip<string | null>(null) === null ? "null" : "not null");
}

function everything(): void {
  const sent = new Everything("fixed");
  sent.bytes[1] = 255;
  sent.doubles[1] = 2.5;
  store<u32>(changetype<usize>(sent.buffer), 0x01020304);
  sent.point.x = 4;
  sent.something!.label = "here";
  sent.table.set("one", 1);
  sent.table.set("two", 2);
  sent.set.add(9);
  const got = trip(sent);
  print(`${got.flag} ${got.small} ${got.big} ${got.single} ${got.double} ${got.text} [${got.empty}]`);
  print(`${got.numbers} ${got.words} ${got.nested.length} ${got.nested[2]} ${got.bytes} ${got.doubles}`);
  print(`${got.fixed.length} ${got.fixed[2]} ${got.buffer.byteLength} ${load<u32>(changetype<usize>(got.buffer))}`);
  print(`${got.point.x} ${got.point.label === null} ${got.nothing === null} ${got.something!.label!}`);
  print(`${got.pairs.length} ${got.pairs[1].first} ${got.pairs[1].second} ${got.table.get("two")} ${got.set.has(9)} ${got.fixedText}`);
  print(`unshared ${got !== sent} ${got.point !== sent.point}`);
}

function shapes(): void {
  const crate = new Crate(2, 3);
  crate.depth = 10;
  const got = trip<Shape[]>([new Circle(2), new Box(2, 3), crate]);
  for (let i = 0; i < got.length; i++) {
    const shape = got[i];
    print(`${shape.name} ${shape.area()} ${shape instanceof Circle} ${shape instanceof Box} ${shape instanceof Crate}`);
  }
}

function handles(): void {
  const channel = trip(new Channel<string>());
  channel.send("through a channel that was sent");
  print(channel.receive());
  print((trip(Process.self<i32>()).id == Process.self<i32>().id).toString());
  print(trip(new Roman(4)).value.toString());
}

/** Many objects while the collector works: links to what was decoded must hold. */
function garbage(): void {
  let sum = 0;
  for (let i = 0; i < 2000; i++) {
    const got = trip<Pair<string[], Map<i32, string>>>(new Pair<string[], Map<i32, string>>(["a", "b" + i.toString()], new Map()));
    sum += got.first[1].length + got.second.size;
  }
  print(`garbage ${sum} pages ${memory.size()}`);
}

export function main(): void {
  numbers();
  texts();
  everything();
  shapes();
  handles();
  garbage();
}
