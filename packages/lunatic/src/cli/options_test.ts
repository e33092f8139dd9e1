import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CliError } from './error.ts';
import { type Invocation, parseCommandLine } from './options.ts';
import { parsePlainRun } from './plain_run.ts';

function parse(words: string, environment: NodeJS.ProcessEnv = {}): Invocation {
  return parseCommandLine(words.split(' ').filter(Boolean), environment, '1.2.3');
}

function run(words: string, environment: NodeJS.ProcessEnv = {}) {
  const invocation = parse(words, environment);
  assert.ok(invocation.kind === 'run');
  return invocation;
}

describe('parseCommandLine', () => {
  it('takes the first word that is no option for FILE, and leaves the rest alone', () => {
    assert.deepEqual(run('a.wasm').args, []);
    assert.deepEqual(run('--max-fuel 3 a.wasm --max-fuel 4 -- --env').args, ['--max-fuel', '4', '--', '--env']);
    assert.equal(run('--max-fuel 3 a.wasm --max-fuel 4').options.maxFuel, 3);
    assert.equal(run('-- --odd.wasm x').file, '--odd.wasm');
    assert.deepEqual([run('run inspect x').file, run('run inspect x').args], ['inspect', ['x']]);
    assert.equal(run('run run').file, 'run');
  });

  it('has defaults', () => {
    assert.deepEqual(run('a.wasm').options, {
      env: [],
      clearEnv: false,
      dir: [],
      maxMemory: undefined,
      maxFuel: undefined,
      maxProcesses: undefined,
      workers: undefined,
      logLevel: 'warn',
    });
  });

  it('reads sizes', () => {
    const bytes = (text: string) => run(`--max-memory ${text} a.wasm`).options.maxMemory;
    assert.equal(bytes('65536'), 65536);
    assert.equal(bytes('64K'), 65536);
    assert.equal(bytes('3m'), 3 * 2 ** 20);
    assert.equal(bytes('1GiB'), 2 ** 30);
    // All that 32-bit addresses reach: the limit itself is the last byte.
    assert.equal(bytes('4G'), 2 ** 32 - 1);
    for (const text of ['1', '63K', '5G', '1T', '1.5M', '-1', 'M']) assert.throws(() => bytes(text), CliError);
  });

  it('reads directories', () => {
    const grant = (text: string) => run(`--dir ${text} a.wasm`).options.dir[0];
    assert.deepEqual(grant('/data'), { host: '/data', guest: '/data', readOnly: false });
    assert.deepEqual(grant('.:ro'), { host: '.', guest: '.', readOnly: true });
    assert.deepEqual(grant('/a::/b'), { host: '/a', guest: '/b', readOnly: false });
    assert.deepEqual(grant('/a::b::c:ro'), { host: '/a', guest: 'b::c', readOnly: true });
    for (const text of ['::/b', '/a::', ':ro']) assert.throws(() => grant(text), CliError);
  });

  it('puts LUNATIC_OPTIONS before the command line', () => {
    const environment = { LUNATIC_OPTIONS: '--max-fuel 5 --env A=1 --log-level info' };
    const { options } = run('--max-fuel 6 --env B=2 a.wasm', environment);
    assert.equal(options.maxFuel, 6);
    assert.equal(options.logLevel, 'info');
    assert.deepEqual(options.env, [
      ['A', '1'],
      ['B', '2'],
    ]);
    assert.deepEqual(parse('inspect --json a.wasm', environment), { kind: 'inspect', file: 'a.wasm', json: true });
    for (const line of ['a.wasm', '--', '--max-fuel', '--version', '--help']) {
      assert.throws(() => run('a.wasm', { LUNATIC_OPTIONS: line }), /LUNATIC_OPTIONS.*(--|only)/, line);
    }
  });

  it('answers --version and --help', () => {
    assert.deepEqual(parse('--version'), { kind: 'print', text: '1.2.3\n' });
    const help = parse('--help');
    assert.ok(help.kind === 'print' && help.text.includes('LUNATIC_OPTIONS'));
  });
});

describe('parsePlainRun', () => {
  it('answers as parseCommandLine does, or leaves it to that', () => {
    const words = ['run', 'inspect', 'a.wasm', '--', '--max-fuel', '3', '--help', '-x', ''];
    let plain = 0;
    const tryAll = (given: readonly string[]): void => {
      const answer = parsePlainRun(given, {});
      if (answer !== undefined) {
        plain++;
        assert.deepEqual(parseCommandLine(given, {}, '1.2.3'), answer, given.join(' '));
      }
      if (given.length < 4) for (const word of words) tryAll([...given, word]);
    };
    tryAll([]);
    assert.ok(plain > 1_000);
  });

  it('leaves options in the environment to parseCommandLine', () => {
    assert.equal(parsePlainRun(['a.wasm'], { LUNATIC_OPTIONS: '--clear-env' }), undefined);
    assert.notEqual(parsePlainRun(['a.wasm'], { LUNATIC_OPTIONS: '' }), undefined);
  });
});
