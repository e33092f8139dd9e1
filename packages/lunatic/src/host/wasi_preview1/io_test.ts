import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_IO_BYTES } from '../limits.ts';
import { type Guest, World } from '../test_guest.ts';
import { ERRNO_AGAIN, ERRNO_BADF, ERRNO_INVAL, ERRNO_IO, FDFLAG_NONBLOCK } from './numbers.ts';

const WASI = 'wasi_snapshot_preview1';

/** io vectors at 16, over texts from 1000 on; returns their number. */
function putVectors(guest: Guest, ...texts: string[]): number {
  let at = 1000;
  const view = new DataView(guest.memory.bytes.buffer);
  for (const [i, text] of texts.entries()) {
    view.setUint32(16 + i * 8, at, true);
    view.setUint32(20 + i * 8, guest.put(at, text), true);
    at += 100;
  }
  return texts.length;
}

test('fd_write joins its io vectors and tells how much it took', () => {
  const world = new World();
  world.runToEnd(function* (guest) {
    assert.equal(yield* guest.call(WASI, 'fd_write', 1, 16, putVectors(guest, 'Hello', '', ', wörld\n'), 64), 0);
    guest.assertBytes(64, [14, 0, 0, 0]);
    assert.equal(yield* guest.call(WASI, 'fd_write', 2, 16, putVectors(guest, 'oops'), 64), 0);
    guest.assertBytes(64, [4, 0, 0, 0]);
    assert.equal(yield* guest.call(WASI, 'fd_write', 1, 16, 0, 64), 0);
    guest.assertBytes(64, [0, 0, 0, 0]);
  });
  assert.deepEqual(world.output.text, { 1: 'Hello, wörld\n', 2: 'oops' });
});

test('fd_write waits while the reader is slow, then writes once', () => {
  const world = new World();
  world.output.outcome = 'full';
  const guest = world.spawn(function* (self) {
    assert.equal(yield* self.call(WASI, 'fd_write', 1, 16, putVectors(self, 'x', 'y'), 64), 0);
    self.assertBytes(64, [2, 0, 0, 0]);
  });
  world.run();
  assert.equal(world.output.text[1], '');
  assert.equal(world.system.idleState(), 'waiting');
  world.output.drain();
  world.run();
  assert.equal(world.output.text[1], 'xy');
  assert.deepEqual(guest.reason, { kind: 'normal' });
});

test('fd_write to a broken stream is EIO', () => {
  const world = new World();
  world.output.outcome = 'failed';
  world.runToEnd(function* (guest) {
    assert.equal(yield* guest.call(WASI, 'fd_write', 1, 16, putVectors(guest, 'x'), 64), ERRNO_IO);
    guest.assertBytes(64, []);
  });
});

test('fd_write and fd_read answer EBADF and EINVAL', () => {
  new World().runToEnd(function* (guest) {
    for (const fd of [0, 3, -1]) assert.equal(yield* guest.call(WASI, 'fd_write', fd, 16, 0, 64), ERRNO_BADF);
    for (const fd of [1, 2, 3, -1]) assert.equal(yield* guest.call(WASI, 'fd_read', fd, 16, 0, 64), ERRNO_BADF);
    assert.equal(yield* guest.call(WASI, 'fd_write', 1, 16, 1025, 64), ERRNO_INVAL);
    assert.equal(yield* guest.call(WASI, 'fd_read', 0, 16, 1025, 64), ERRNO_INVAL);
  });
});

test('fd_write out of bounds traps and prints nothing', () => {
  const world = new World();
  for (const [vectors, written] of [
    [65532, 64],
    [16, 65533],
  ] as const) {
    world.runToTrap(function* (guest) {
      yield* guest.call(WASI, 'fd_write', 1, vectors, putVectors(guest, 'x'), written);
    });
  }
  world.runToTrap(function* (guest) {
    putVectors(guest, 'x', 'y');
    guest.putBytes(24, [0xff, 0xff, 0, 0, 2, 0, 0, 0]);
    yield* guest.call(WASI, 'fd_write', 1, 16, 2, 64);
  });
  assert.equal(world.output.text[1], '');
});

test('one fd_write takes at most MAX_IO_BYTES', () => {
  const world = new World();
  world.runToEnd(function* (guest) {
    const count = MAX_IO_BYTES / 32768 + 1;
    const view = new DataView(guest.memory.bytes.buffer);
    for (let i = 0; i < count; i++) {
      view.setUint32(16 + i * 8, 4096, true);
      view.setUint32(20 + i * 8, 32768, true);
    }
    assert.equal(yield* guest.call(WASI, 'fd_write', 1, 16, count, 2000), 0);
    assert.equal(guest.memory.readU32(2000), MAX_IO_BYTES);
  });
  assert.equal(world.output.text[1].length, MAX_IO_BYTES);
});

test('fd_read waits for input, fills the vectors in order, and ends with 0', () => {
  const world = new World();
  const reads: string[] = [];
  const guest = world.spawn(function* (self) {
    for (;;) {
      const view = new DataView(self.memory.bytes.buffer);
      view.setUint32(16, 1000, true);
      view.setUint32(20, 3, true);
      view.setUint32(24, 1003, true);
      view.setUint32(28, 4, true);
      assert.equal(yield* self.call(WASI, 'fd_read', 0, 16, 2, 64), 0);
      const length = self.memory.readU32(64);
      reads.push(self.text(1000, length));
      if (length === 0) return;
    }
  });
  world.run();
  assert.equal(world.system.idleState(), 'waiting');
  assert.equal(world.input.waiting.size, 1);
  world.input.feed('abcdefghi');
  world.run();
  world.input.feed('j');
  world.run();
  world.input.end();
  world.run();
  assert.deepEqual(reads, ['abcdefg', 'hi', 'j', '']);
  assert.deepEqual(guest.reason, { kind: 'normal' });
});

test('a reader that dies withdraws its request; another gets the input', () => {
  const world = new World();
  const got: string[] = [];
  const reader = function* (guest: Guest) {
    putVectors(guest, '12345');
    yield* guest.call(WASI, 'fd_read', 0, 16, 1, 64);
    got.push(guest.text(1000, guest.memory.readU32(64)));
  };
  const first = world.spawn(reader);
  world.spawn(reader);
  world.run();
  assert.equal(world.input.waiting.size, 2);
  world.system.kill(first.process.pid);
  assert.equal(world.input.waiting.size, 1);
  world.input.feed('hi');
  world.run();
  assert.deepEqual(got, ['hi']);
  assert.equal(world.input.waiting.size, 0);
});

test('a non-blocking descriptor answers EAGAIN instead of waiting', () => {
  const world = new World();
  world.output.outcome = 'full';
  world.runToEnd(function* (guest) {
    for (const fd of [0, 1]) assert.equal(yield* guest.call(WASI, 'fd_fdstat_set_flags', fd, FDFLAG_NONBLOCK), 0);
    assert.equal(yield* guest.call(WASI, 'fd_read', 0, 16, putVectors(guest, 'x'), 64), ERRNO_AGAIN);
    assert.equal(yield* guest.call(WASI, 'fd_write', 1, 16, putVectors(guest, 'x'), 64), ERRNO_AGAIN);
    guest.assertBytes(64, []);
  });
});
