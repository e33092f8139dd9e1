//! A search tree of boxes: allocation, deep drops, reference counts.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

#[derive(Default)]
struct Tree {
    root: Option<Box<Node>>,
}

struct Node {
    key: u32,
    name: String,
    left: Option<Box<Node>>,
    right: Option<Box<Node>>,
}

impl Tree {
    fn insert(&mut self, key: u32) {
        let mut place = &mut self.root;
        while let Some(node) = place {
            place = if key < node.key { &mut node.left } else { &mut node.right };
        }
        *place = Some(Box::new(Node { key, name: format!("n{key}"), left: None, right: None }));
    }

    fn remove(&mut self, key: u32) -> Option<String> {
        fn take_first(place: &mut Option<Box<Node>>) -> Option<Box<Node>> {
            if place.as_ref()?.left.is_some() {
                return take_first(&mut place.as_mut()?.left);
            }
            let mut node = place.take()?;
            *place = node.right.take();
            Some(node)
        }

        fn go(place: &mut Option<Box<Node>>, key: u32) -> Option<String> {
            let node = place.as_mut()?;
            if key < node.key {
                return go(&mut node.left, key);
            }
            if key > node.key {
                return go(&mut node.right, key);
            }
            let mut found = place.take()?;
            *place = match (found.left.take(), found.right.take()) {
                (left, None) => left,
                (None, right) => right,
                (left, mut right) => take_first(&mut right).map(|mut next| {
                    next.left = left;
                    next.right = right;
                    next
                }),
            };
            Some(found.name)
        }

        go(&mut self.root, key)
    }
}

fn depth(node: &Option<Box<Node>>) -> usize {
    node.as_ref().map_or(0, |node| 1 + depth(&node.left).max(depth(&node.right)))
}

fn visit(node: &Option<Box<Node>>, seen: &mut dyn FnMut(&Node)) {
    if let Some(node) = node {
        visit(&node.left, seen);
        seen(node);
        visit(&node.right, seen);
    }
}

struct Counted<'a>(&'a RefCell<u32>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        *self.0.borrow_mut() += 1;
    }
}

struct Person {
    name: &'static str,
    parent: RefCell<Weak<Person>>,
    children: RefCell<Vec<Rc<Person>>>,
}

fn family() {
    let person = |name| Rc::new(Person { name, parent: RefCell::default(), children: RefCell::default() });
    let (ada, ben, cleo) = (person("Ada"), person("Ben"), person("Cleo"));
    for child in [&ben, &cleo] {
        *child.parent.borrow_mut() = Rc::downgrade(&ada);
        ada.children.borrow_mut().push(child.clone());
    }
    println!("Ada: strong {}, weak {}", Rc::strong_count(&ada), Rc::weak_count(&ada));
    let names: Vec<_> = ada.children.borrow().iter().map(|child| child.name).collect();
    println!("children of Ada: {}", names.join(", "));
    println!("parent of Ben: {:?}", ben.parent.borrow().upgrade().map(|parent| parent.name));
    drop(ada);
    println!("parent of Cleo: {:?}", cleo.parent.borrow().upgrade().map(|parent| parent.name));
}

fn main() {
    let mut tree = Tree::default();
    let mut key = 1u32;
    for _ in 0..20_000 {
        key = key.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        tree.insert(key >> 12);
    }
    let (mut nodes, mut bytes, mut last, mut ordered) = (0, 0, 0, true);
    visit(&tree.root, &mut |node| {
        nodes += 1;
        bytes += node.name.len();
        ordered &= last <= node.key;
        last = node.key;
    });
    println!("{nodes} nodes, depth {}, {bytes} bytes of names, ordered: {ordered}", depth(&tree.root));

    let mut removed = 0;
    for key in 0..1 << 20 {
        if key % 3 == 0 && tree.remove(key).is_some() {
            removed += 1;
        }
    }
    let mut left = 0;
    visit(&tree.root, &mut |_| left += 1);
    println!("{removed} removed, {left} left, {:?}", tree.remove(7));

    let drops = RefCell::new(0);
    {
        let _all: Vec<Option<Box<Counted>>> =
            (0..1_000).map(|n| (n % 2 == 0).then(|| Box::new(Counted(&drops)))).collect();
    }
    println!("{} drops", drops.borrow());
    family();
}
