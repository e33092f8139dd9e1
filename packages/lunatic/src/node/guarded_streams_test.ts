import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InputSource, OutputSink } from '../host/environment.ts';
import { assemble } from '../wasm/test_modules.ts';
import { guardInput, guardOutput } from './guarded_streams.ts';
import { FixedInput } from './streams.ts';
import { createVm } from './vm.ts';

const BYTES = new Uint8Array(4);

function fails(): never {
  throw new Error('the disk is gone');
}

describe('guardOutput', () => {
  it('passes on what a sink answers', () => {
    const sink = guardOutput({ write: (fd) => (fd === 1 ? 'accepted' : 'full'), onDrain: (wake) => wake() }, fails);
    assert.deepEqual([sink.write(1, BYTES), sink.write(2, BYTES)], ['accepted', 'full']);
    let woken = 0;
    sink.onDrain(() => woken++);
    assert.equal(woken, 1);
  });

  it('takes a sink that throws, or gives no answer, for a broken stream, and asks it nothing more', () => {
    for (const write of [fails, () => undefined as never]) {
      const told: unknown[] = [];
      let calls = 0;
      const counted = (): never => {
        calls++;
        return write();
      };
      const sink = guardOutput({ write: counted, onDrain: fails }, (error) => told.push(error));
      assert.deepEqual([sink.write(1, BYTES), sink.write(1, BYTES)], ['failed', 'failed']);
      let woken = 0;
      sink.onDrain(() => woken++);
      assert.deepEqual([calls, told.length, woken], [1, 1, 1]);
    }
  });
});

describe('a stream that breaks', () => {
  it('wakes those that wait for it, once', () => {
    const drains: (() => void)[] = [];
    let full = true;
    const write = (): 'full' => {
      if (full) return 'full';
      throw new Error('broken');
    };
    const sink = guardOutput({ write, onDrain: (wake) => void drains.push(wake) }, () => {});
    let woken = 0;
    sink.onDrain(() => woken++);
    assert.equal(sink.write(1, new Uint8Array(1)), 'full');
    full = false;
    assert.equal(sink.write(1, new Uint8Array(1)), 'failed');
    assert.equal(woken, 1);
    for (const drained of drains) drained();
    sink.onDrain(() => woken++);
    assert.equal(woken, 2, 'and whoever waits for it later');
  });

  it('but not those that have withdrawn', () => {
    const source = guardInput({ read: fails, available: () => 0, onReadable: () => () => {} }, () => {});
    let woken = 0;
    source.onReadable(() => woken++)();
    source.onReadable(() => (woken += 10));
    assert.equal(source.read(new Uint8Array(1)), 0);
    assert.equal(woken, 10);
  });
});

describe('guardInput', () => {
  it('passes on what a source gives', () => {
    const source = guardInput(new FixedInput('abc'), fails);
    assert.deepEqual([source.available(), source.read(BYTES), source.read(BYTES)], [3, 3, 0]);
    let woken = 0;
    source.onReadable(() => woken++)();
    assert.equal(woken, 1);
  });

  it('takes a source that throws, or gives no number of bytes, for one that has ended', () => {
    for (const read of [fails, () => 5, () => NaN, () => undefined as never]) {
      const told: unknown[] = [];
      const source = guardInput({ read, available: fails, onReadable: fails }, (error) => told.push(error));
      assert.deepEqual([source.read(BYTES), source.available(), told.length], [0, 0, 1]);
      let woken = 0;
      source.onReadable(() => woken++)();
      assert.equal(woken, 1);
    }
  });
});

describe('createVm', () => {
  it('refuses streams, clocks and random numbers that are none', () => {
    for (const [name, value] of [
      ['output', {}],
      ['output', 5],
      ['input', { read: () => 0 }],
      ['clock', { nowMs: () => 0 }],
      ['random', null],
      ['onFailure', 'log'],
      ['hostFunctions', [{}]],
      ['hostFunctions', 5],
    ])
      assert.throws(() => createVm({ [String(name)]: value }), TypeError, String(name));
  });

  it('guests of a broken output and input end by themselves', async () => {
    const io = assemble(`(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00")
      (func (export "_start")
        (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 100)) (then unreachable))
        (if (i32.load (i32.const 100)) (then unreachable))
        (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))))`);
    const told: unknown[] = [];
    const sink: OutputSink = { write: fails, onDrain: fails };
    const source: InputSource = { read: fails, available: fails, onReadable: fails };
    const vm = createVm({
      output: guardOutput(sink, (error) => told.push(error)),
      input: guardInput(source, (error) => told.push(error)),
    });
    const module = vm.load(io);
    const EIO = 29;
    for (let k = 0; k < 2; k++) assert.deepEqual(await vm.spawn(module).exited, { kind: 'exit', code: EIO });
    assert.equal(told.length, 2);
    await vm.close();
  });
});
