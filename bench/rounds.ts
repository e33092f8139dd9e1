// Programs that measure in rounds: before each they wait for a line (or the end of input), after it they print "ns T". So rounds
// of several programs, each in its own OS process, can be taken in turn.

import { type BenchContext, MIN_RUNS, median } from './harness.ts';
import { type Command, start } from './os_process.ts';

/** An OS process of a full run runs rounds for so many operations, that code is warm in most of them, */
const OPERATIONS = 500_000;
/** but not more rounds than this. */
const MOST_ROUNDS = 50;
/** Operations that go before the samples of a quick run, */
const QUICK_WARM_UP = 300_000;
/** in at least one and at most so many rounds. */
const MOST_WARM_UP_ROUNDS = 10;

/** Makes the command of a program that runs so many rounds. */
export type RoundsCommand = (rounds: number) => Command | Promise<Command>;

class RoundsProgram {
  readonly #program;
  #finished = Promise.withResolvers<number>();

  constructor(command: Command) {
    this.#program = start(command, (name, value) => {
      if (name === 'ns') this.#finished.resolve(value);
    });
    // Whoever waits for a round hears of it.
    this.#program.ended.catch(() => {});
  }

  /** Nanoseconds of the next round. */
  async round(): Promise<number> {
    this.#finished = Promise.withResolvers<number>();
    this.#program.go();
    const early = this.#program.ended.then(() => {
      throw new Error('a program ended before its last round');
    });
    return Promise.race([this.#finished.promise, early]);
  }

  async end(): Promise<void> {
    this.#program.noMore();
    await this.#program.ended;
  }
}

/**
 * Nanoseconds per round of each program, `runs` samples each; `operations` are those of one round. In a full run every sample
 * is the median of the rounds of an OS process of its own. In a quick one all samples come from one OS process for each
 * program, after some rounds that are left out.
 */
export async function sampleRounds(
  context: BenchContext,
  commands: readonly RoundsCommand[],
  { runs, operations }: { readonly runs: number; readonly operations: number },
): Promise<number[][]> {
  if (context.quick) {
    // With fewer runs than make a measurement there is no time for more either.
    const warmUp = runs < MIN_RUNS ? 1 : clamp(QUICK_WARM_UP / operations, MOST_WARM_UP_ROUNDS);
    return (await roundsInTurn(commands, warmUp + runs, 0)).map((samples) => samples.slice(warmUp));
  }
  const rounds = clamp(OPERATIONS / operations, MOST_ROUNDS);
  const samples: number[][] = commands.map(() => []);
  for (let run = 0; run < runs; run++) {
    const taken = await roundsInTurn(commands, rounds, run);
    for (const [k, list] of samples.entries()) list.push(median(taken[k]));
  }
  return samples;
}

/** A whole number from 1 to `most`. */
function clamp(value: number, most: number): number {
  return Math.min(Math.max(Math.round(value), 1), most);
}

/**
 * Whoever goes first changes from round to round, so that nobody always inherits another's heat. A program is started for its
 * first round, when the others are waiting.
 */
async function roundsInTurn(commands: readonly RoundsCommand[], rounds: number, first: number): Promise<number[][]> {
  const programs: RoundsProgram[] = [];
  const taken: number[][] = commands.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let k = 0; k < commands.length; k++) {
      const at = (k + round + first) % commands.length;
      programs[at] ??= new RoundsProgram(await commands[at](rounds));
      taken[at].push(await programs[at].round());
    }
  }
  for (const program of programs) await program.end();
  return taken;
}
