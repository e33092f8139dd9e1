import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../test_guest.ts';

const DISTRIBUTED = 'lunatic::distributed';

test('a VM that is not a node: no nodes, and ids of 0', () => {
  new World().runToEnd(function* (guest) {
    assert.equal(yield* guest.call(DISTRIBUTED, 'nodes_count'), 0);
    assert.equal(yield* guest.call(DISTRIBUTED, 'get_nodes', 64, 8), 0);
    assert.equal(yield* guest.call(DISTRIBUTED, 'node_id'), 0n);
    assert.equal(yield* guest.call(DISTRIBUTED, 'module_id'), 0n);
  });
});

const TO_OTHER_NODES: readonly (readonly [string, ...(number | bigint)[]])[] = [
  ['spawn', 7n, -1n, 0n, 0, 0, 0, 0, 64],
  ['send', 7n, 1n],
  ['send_receive_skip_search', 7n, 1n, 0n, -1n],
];

for (const [name, ...args] of TO_OTHER_NODES) {
  test(`${name} names the node that does not exist`, () => {
    const trap = new World().runToTrap(function* (guest) {
      yield* guest.call(DISTRIBUTED, name, ...args);
    });
    assert.equal(trap, 'there is no node 7: this VM is not part of a distributed system');
  });
}

test('look-ups trap', () => {
  for (const [name, ...args] of [
    ['exec_lookup_nodes', 0, 0, 64, 72, 80],
    ['copy_lookup_nodes_results', 0n, 0, 0, 80],
  ] as const) {
    const trap = new World().runToTrap(function* (guest) {
      yield* guest.call(DISTRIBUTED, name, ...args);
    });
    assert.equal(trap, 'there are no nodes to look up: this VM is not part of a distributed system');
  }
});
