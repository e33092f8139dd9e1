import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILL, World } from '../test_guest.ts';
import {
  ERRNO_BADF,
  ERRNO_INVAL,
  ERRNO_NOTDIR,
  ERRNO_NOTSOCK,
  ERRNO_SPIPE,
  FILETYPE_CHARACTER_DEVICE,
  FILETYPE_UNKNOWN,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
} from './numbers.ts';

const WASI = 'wasi_snapshot_preview1';

test('fd_fdstat_get: 24 bytes; only a terminal is a character device', () => {
  new World().runToEnd(function* (guest) {
    for (const [fd, type, right] of [
      [0, FILETYPE_UNKNOWN, RIGHT_FD_READ],
      [1, FILETYPE_UNKNOWN, RIGHT_FD_WRITE],
      [2, FILETYPE_CHARACTER_DEVICE, RIGHT_FD_WRITE],
    ] as const) {
      guest.memory.bytes.fill(FILL, 60, 100);
      assert.equal(yield* guest.call(WASI, 'fd_fdstat_get', fd, 64), 0);
      const rights = guest.memory.readU32(72);
      assert.equal(rights & (RIGHT_FD_READ | RIGHT_FD_WRITE | RIGHT_FD_SEEK | RIGHT_FD_TELL), right);
      const bytes = [...new Uint8Array(new Uint32Array([rights]).buffer), 0, 0, 0, 0];
      guest.assertBytes(64, [type, 0, 0, 0, 0, 0, 0, 0, ...bytes, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
  });
});

test('fd_filestat_get: 64 bytes', () => {
  new World().runToEnd(function* (guest) {
    assert.equal(yield* guest.call(WASI, 'fd_filestat_get', 2, 64), 0);
    const expected = new Array<number>(64).fill(0);
    expected[16] = FILETYPE_CHARACTER_DEVICE;
    expected[24] = 1;
    guest.assertBytes(64, expected);
  });
});

test('fd_close closes for this process only; fd_renumber moves', () => {
  const world = new World();
  world.runToEnd(function* (guest) {
    assert.equal(yield* guest.call(WASI, 'fd_close', 1), 0);
    assert.equal(yield* guest.call(WASI, 'fd_close', 1), ERRNO_BADF);
    assert.equal(yield* guest.call(WASI, 'fd_write', 1, 0, 0, 64), ERRNO_BADF);
    assert.equal(yield* guest.call(WASI, 'fd_renumber', 2, 1), ERRNO_BADF);
    assert.equal(yield* guest.call(WASI, 'fd_renumber', 2, 2), 0);
    assert.equal(yield* guest.call(WASI, 'fd_renumber', 2, 0), 0);
    assert.equal(yield* guest.call(WASI, 'fd_write', 2, 0, 0, 64), ERRNO_BADF);
    assert.equal(yield* guest.call(WASI, 'fd_write', 0, 0, 0, 64), 0);
    assert.equal(yield* guest.call(WASI, 'fd_close', -1), ERRNO_BADF);
  });
  world.runToEnd(function* (guest) {
    assert.equal(yield* guest.call(WASI, 'fd_write', 1, 0, 0, 64), 0);
  });
});

test('functions of files answer for streams as POSIX does, and EBADF for what is not open', () => {
  const cases: [number, string, ...(number | bigint)[]][] = [
    [ERRNO_SPIPE, 'fd_seek', 1, 0n, 0, 64],
    [ERRNO_SPIPE, 'fd_tell', 1, 64],
    [ERRNO_SPIPE, 'fd_pread', 0, 16, 0, 0n, 64],
    [ERRNO_SPIPE, 'fd_pwrite', 1, 16, 0, 0n, 64],
    [ERRNO_SPIPE, 'fd_advise', 1, 0n, 0n, 0],
    [ERRNO_SPIPE, 'fd_allocate', 1, 0n, 0n],
    [ERRNO_INVAL, 'fd_sync', 1],
    [ERRNO_INVAL, 'fd_datasync', 1],
    [ERRNO_INVAL, 'fd_filestat_set_size', 1, 0n],
    [ERRNO_INVAL, 'fd_filestat_set_times', 1, 0n, 0n, 0],
    [ERRNO_INVAL, 'fd_fdstat_set_flags', 1, 0x100],
    [0, 'fd_fdstat_set_rights', 1, 0n, 0n],
    [ERRNO_NOTDIR, 'fd_readdir', 1, 64, 10, 0n, 80],
    [ERRNO_NOTDIR, 'path_open', 1, 0, 64, 1, 0, 0n, 0n, 0, 80],
    [ERRNO_NOTDIR, 'path_create_directory', 1, 64, 1],
    [ERRNO_NOTDIR, 'path_filestat_get', 1, 0, 64, 1, 80],
    [ERRNO_NOTDIR, 'path_filestat_set_times', 1, 0, 64, 1, 0n, 0n, 0],
    [ERRNO_NOTDIR, 'path_link', 1, 0, 64, 1, 1, 64, 1],
    [ERRNO_NOTDIR, 'path_readlink', 1, 64, 1, 80, 10, 96],
    [ERRNO_NOTDIR, 'path_remove_directory', 1, 64, 1],
    [ERRNO_NOTDIR, 'path_rename', 1, 64, 1, 1, 64, 1],
    [ERRNO_NOTDIR, 'path_unlink_file', 1, 64, 1],
    [ERRNO_NOTSOCK, 'sock_accept', 1, 0, 64],
    [ERRNO_NOTSOCK, 'sock_recv', 1, 16, 0, 0, 64, 80],
    [ERRNO_NOTSOCK, 'sock_send', 1, 16, 0, 0, 64],
    [ERRNO_NOTSOCK, 'sock_shutdown', 1, 0],
  ];
  new World().runToEnd(function* (guest) {
    for (const [errno, name, fd, ...rest] of cases) {
      assert.equal(yield* guest.call(WASI, name, fd ?? 0, ...rest), errno, name);
      assert.equal(yield* guest.call(WASI, name, 9, ...rest), ERRNO_BADF, name);
    }
    assert.equal(yield* guest.call(WASI, 'path_symlink', 64, 1, 1, 64, 1), ERRNO_NOTDIR);
    assert.equal(yield* guest.call(WASI, 'path_symlink', 64, 1, 9, 64, 1), ERRNO_BADF);
    assert.equal(yield* guest.call(WASI, 'fd_prestat_get', 3, 64), ERRNO_BADF);
    assert.equal(yield* guest.call(WASI, 'fd_prestat_dir_name', 3, 64, 1), ERRNO_BADF);
    guest.assertBytes(64, []);
  });
});
