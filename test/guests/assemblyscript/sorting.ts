// Sorting with callbacks, maps, sets and strings of the standard library, under a garbage collector.

import { print } from "lunatic-as";

class Person {
  constructor(public name: string, public age: i32) {}
}

class Random {
  constructor(private state: u32) {}
  next(): u32 {
    this.state = this.state * 1664525 + 1013904223;
    return this.state >>> 8;
  }
}

function checksum(values: i32[]): u32 {
  let sum: u32 = 0;
  for (let i = 0; i < values.length; i++) sum = sum * 31 + <u32>values[i];
  return sum;
}

export function main(): void {
  const random = new Random(42);
  const values: i32[] = [];
  for (let i = 0; i < 5000; i++) values.push(<i32>(random.next() % 100000));
  values.sort((a, b) => a - b);
  print(`ascending ${values[0]} ${values[2500]} ${values[4999]} checksum ${checksum(values)}`);
  values.sort((a, b) => (a % 100) - (b % 100) != 0 ? (a % 100) - (b % 100) : b - a);
  print(`by remainder ${values[0]} ${values[4999]} checksum ${checksum(values)}`);

  const people: Person[] = [];
  const names = ["Ada", "Grace", "Barbara", "Edsger", "Alan", "Joe", "Robert", "Mike"];
  for (let i = 0; i < 200; i++) people.push(new Person(names[random.next() % names.length], <i32>(random.next() % 60)));
  people.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.age - b.age));
  print(`people ${people[0].name} ${people[0].age} ... ${people[199].name} ${people[199].age}`);

  const counts = new Map<string, i32>();
  for (let i = 0; i < people.length; i++) {
    const name = people[i].name;
    counts.set(name, (counts.has(name) ? counts.get(name) : 0) + 1);
  }
  const keys = counts.keys().sort();
  print(keys.map<string>((key) => key).join(" "));
  let most = 0;
  for (let i = 0; i < keys.length; i++) most = max(most, counts.get(keys[i]));
  print(`kinds ${keys.length} most ${most}`);

  const seen = new Set<i32>();
  for (let i = 0; i < values.length; i++) seen.add(values[i] % 997);
  print(`remainders ${seen.size}`);

  let text = "";
  for (let i = 0; i < 300; i++) text += String.fromCharCode(97 + (i * 7) % 26);
  print(`${text.length} ${text.indexOf("xyz")} ${text.substring(10, 20)} ${text.split("a").length}`);
}
