import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { printImports } from './tables.ts';
import { World } from './test_guest.ts';

const { functions } = new World().index;
const LISTING = new URL('../../abi/imports.wat', import.meta.url);

test('abi/imports.wat lists exactly what is served; BLESS=1 rewrites it', () => {
  const text = printImports(functions);
  if (process.env.BLESS === '1') writeFileSync(LISTING, text);
  assert.equal(readFileSync(LISTING, 'utf8'), text);
});

test('every name of WASI preview 1 is served', () => {
  const names =
    'args_get args_sizes_get clock_res_get clock_time_get environ_get environ_sizes_get fd_advise fd_allocate fd_close ' +
    'fd_datasync fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights fd_filestat_get fd_filestat_set_size ' +
    'fd_filestat_set_times fd_pread fd_prestat_dir_name fd_prestat_get fd_pwrite fd_read fd_readdir fd_renumber fd_seek ' +
    'fd_sync fd_tell fd_write path_create_directory path_filestat_get path_filestat_set_times path_link path_open ' +
    'path_readlink path_remove_directory path_rename path_symlink path_unlink_file poll_oneoff proc_exit proc_raise ' +
    'random_get sched_yield sock_accept sock_recv sock_send sock_shutdown';
  const served = functions.filter(({ module }) => module === 'wasi_snapshot_preview1').map(({ name }) => name);
  assert.deepEqual(served.sort(), names.split(' ').sort());
});

test('every signature is made of known letters, with one result at most', () => {
  for (const { module, name, params, results } of functions) {
    assert.match(params, /^[iIfF]*$/, `${module} ${name}`);
    assert.match(results, /^[iIfF]?$/, `${module} ${name}`);
  }
});
