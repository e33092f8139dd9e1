import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../test_guest.ts';

test('lunatic::version answers the version of the interface', () => {
  new World().runToEnd(function* (guest) {
    assert.equal(yield* guest.call('lunatic::version', 'major'), 0);
    assert.equal(yield* guest.call('lunatic::version', 'minor'), 13);
    assert.equal(yield* guest.call('lunatic::version', 'patch'), 2);
  });
});
