// Binary trees made and dropped: the garbage collector at work, and weak spots of saved references.

import { print } from "lunatic-as";

class Node {
  left: Node | null = null;
  right: Node | null = null;
  constructor(public value: i32) {}
}

function build(depth: i32, value: i32): Node {
  const node = new Node(value);
  if (depth > 0) {
    node.left = build(depth - 1, value * 2);
    node.right = build(depth - 1, value * 2 + 1);
  }
  return node;
}

function sum(node: Node | null): i64 {
  return node === null ? 0 : sum(node.left) + node.value + sum(node.right);
}

function insert(root: Node | null, value: i32): Node {
  if (root === null) return new Node(value);
  if (value < root.value) root.left = insert(root.left, value);
  else if (value > root.value) root.right = insert(root.right, value);
  return root;
}

function height(node: Node | null): i32 {
  return node === null ? 0 : 1 + max(height(node.left), height(node.right));
}

export function main(): void {
  const kept = build(10, 1);
  for (let round = 0; round < 20; round++) {
    const temporary = build(8, round);
    if (round % 5 == 0) print(`round ${round}: ${sum(temporary)}`);
  }
  print(`kept: ${sum(kept)}`);
  let root: Node | null = null;
  let state: u32 = 7;
  for (let i = 0; i < 3000; i++) {
    state = state * 1103515245 + 12345;
    root = insert(root, <i32>(state >>> 16 & 0x7fff));
  }
  print(`search tree: sum ${sum(root)}, height ${height(root)}`);
}
