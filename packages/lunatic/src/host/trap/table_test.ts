import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../test_guest.ts';

test('catch gives the result of the guest function, or 0 if it trapped', () => {
  new World().runToEnd(function* (guest) {
    guest.functions.set('_lunatic_catch_trap', (index, pointer) => {
      if (index === 13) guest.trap('boom');
      return Number(index) * 1000 + Number(pointer);
    });
    assert.equal(yield* guest.call('lunatic::trap', 'catch', 2, 34), 2034);
    assert.equal(yield* guest.call('lunatic::trap', 'catch', 13, 34), 0);
    assert.equal(yield* guest.call('lunatic::trap', 'catch', 3, 1), 3001);
  });
});
