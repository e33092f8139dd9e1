import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeldMemory, SMALL_HOLDING_BYTES } from './held_memory.ts';
import { MESSAGE_OVERHEAD_BYTES, PEER_BYTES } from './limits.ts';
import { createMessage, MAILBOX_FULL, SENT } from './message.ts';
import { RECEIVE_MESSAGE } from './process.ts';
import { TIMER_REFUSED } from './process_timers.ts';
import { byteMessage, NO_TAGS, testSystem } from './test_system.ts';

describe('HeldMemory', () => {
  it('leaves room for those who hold little, however many hogs there are', () => {
    for (const hogs of [1, 10, 1_000]) {
      const held = new HeldMemory(100 * SMALL_HOLDING_BYTES);
      for (let hog = 0; hog < hogs; hog++) {
        let own = SMALL_HOLDING_BYTES + 1;
        while (held.hasRoom(100, own)) {
          own += 100;
          held.bytes += 100;
        }
      }
      assert.ok(held.bytes <= held.maxBytes);
      let small = 0;
      while (held.hasRoom(SMALL_HOLDING_BYTES, 0)) {
        held.bytes += SMALL_HOLDING_BYTES;
        small++;
      }
      assert.ok(small >= 50 && small <= 101, `${small} beside ${hogs} hogs`);
    }
  });

  it('counts mailboxes, timers, links and monitors, and forgets them', () => {
    const { system, spawn, run } = testSystem();
    const [a, b] = [spawn(), spawn()];
    assert.equal(system.send(a.pid, byteMessage(1)), SENT);
    assert.equal(system.send(a.pid, byteMessage(2)), SENT);
    const each = byteMessage(3).costBytes();
    assert.equal(system.held.bytes, 2 * each);
    assert.equal(a.receive(NO_TAGS, 0, 0), RECEIVE_MESSAGE);
    a.takeReceived().release();
    assert.equal(system.held.bytes, each);
    const id = system.timers.sendAfter(b.pid, byteMessage(4), a.pid, 10);
    system.timers.sendAfter(b.pid, byteMessage(5), a.pid, 10);
    assert.equal(system.held.bytes, 3 * each);
    assert.ok(system.timers.cancel(b.pid, id));
    assert.equal(system.held.bytes, 2 * each);
    system.link(a, b.pid);
    system.link(b, a.pid);
    system.monitor(a, b.pid);
    const ref = system.monitorWithRef(b, a.pid);
    assert.equal(system.held.bytes, 2 * each + 6 * PEER_BYTES);
    assert.ok(system.demonitor(b, ref));
    system.unlink(b, a.pid);
    assert.equal(system.held.bytes, 2 * each + 2 * PEER_BYTES);
    system.link(a, b.pid);
    run(20);
    assert.equal(system.held.bytes, 2 * each + 4 * PEER_BYTES, 'the delayed message is in the mailbox');
    system.kill(b.pid);
    run();
    assert.equal(system.processCount, 0, 'the link ends the other');
    assert.equal(system.held.bytes, 0);
  });

  it('makes mailboxes full and refuses timers', () => {
    const maxHeldBytes = 10 * SMALL_HOLDING_BYTES;
    const half = maxHeldBytes / 2 / MESSAGE_OVERHEAD_BYTES;
    const { system, spawn } = testSystem({ maxHeldBytes });
    const [hog, other] = [spawn(), spawn()];
    let sent = 0;
    while (system.send(hog.pid, createMessage()) === SENT) sent++;
    assert.ok(Math.abs(sent - half) <= 1, `${sent}`);
    assert.equal(system.send(hog.pid, createMessage()), MAILBOX_FULL);
    assert.equal(system.send(other.pid, createMessage()), SENT);
    let delayed = 0;
    while (system.timers.sendAfter(other.pid, createMessage(), hog.pid, 1_000) !== TIMER_REFUSED) delayed++;
    assert.ok(Math.abs(delayed - half / 2) <= 1, `${delayed}`);
  });

  it('ends who asks for too many links or monitors', () => {
    const { system, spawn, run } = testSystem({ maxHeldBytes: 2 * SMALL_HOLDING_BYTES });
    for (const relate of ['link', 'monitor'] as const) {
      const guilty = spawn();
      const others = Array.from({ length: 500 }, () => spawn());
      for (const other of others) other.dieWhenLinkDies = false;
      let made = 0;
      for (const { pid } of others) {
        system[relate](guilty, pid);
        if (!guilty.isAlive) break;
        made++;
      }
      assert.deepEqual(guilty.exitReason, { kind: 'limit', limit: 'links' });
      assert.ok(made > 90 && made < 200, `${made}`);
      run();
      for (const { pid } of others) system.kill(pid);
      run();
      assert.equal(system.held.bytes, 0);
    }
  });
});
