import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssertionError } from './assert.ts';
import { describeThrown, isOurBug, stackOfThrown } from './thrown.ts';

const revocable = Proxy.revocable({}, {});
revocable.revoke();

/** What reading it throws itself. */
const HOSTILE: readonly unknown[] = [
  revocable.proxy,
  Object.create(null),
  {
    toString: () => {
      throw new Error('no text');
    },
  },
  new (class extends Error {
    override get message(): string {
      throw new Error('no message');
    }
  })(),
];

describe('describeThrown', () => {
  it('gives the name and message of an error, and the text of anything else', () => {
    assert.equal(describeThrown(new RangeError('too much')), 'RangeError: too much');
    assert.deepEqual([undefined, null, 'text', 7n, Symbol('s')].map(describeThrown), [
      'undefined',
      'null',
      'text',
      '7',
      'Symbol(s)',
    ]);
  });

  it('reads what throws when it is read', () => {
    for (const thrown of HOSTILE) assert.equal(describeThrown(thrown), 'something was thrown that has no description');
  });
});

describe('isOurBug and stackOfThrown', () => {
  it('know an assertion, and a stack, when they see one', () => {
    assert.equal(isOurBug(new AssertionError('bug')), true);
    assert.equal(isOurBug(new Error('none')), false);
    assert.match(String(stackOfThrown(new Error('here'))), /thrown_test/);
    assert.equal(stackOfThrown('text'), undefined);
  });

  it('read what throws when it is read', () => {
    for (const thrown of HOSTILE) {
      assert.equal(isOurBug(thrown), false);
      assert.doesNotThrow(() => stackOfThrown(thrown));
    }
  });
});
