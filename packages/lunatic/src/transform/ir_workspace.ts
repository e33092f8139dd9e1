// What the functions of a rewrite use one after another while their form is built: for each thing that is known about a reachable
// instruction a column, with a row for each of them. New arrays for every function would cost more than what is written into them.

import type { FunctionBody } from '../wasm/types.ts';
import { FlowEstimate } from './flow_estimate.ts';

/** What a body needs at most: an instruction has at least one byte, and the end of the function has a row too. */
export function rowsOf(body: FunctionBody): number {
  return body.end - body.codeOffset + 1;
}

export class IrWorkspace {
  readonly flow = new FlowEstimate();
  #rows = 0;
  ops = new Int32Array(0);
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  imm0 = new Int32Array(0);
  imm1 = new Int32Array(0);
  blockTypes = new Int32Array(0);
  match = new Int32Array(0);
  heights = new Int32Array(0);
  pointAt = new Int32Array(0);
  pointsBefore = new Int32Array(0);
  falls = new Uint8Array(0);
  verbatim = new Uint8Array(0);

  /** Makes room for so many rows. What the columns held is lost, so the largest number comes first. */
  reserve(rows: number): void {
    if (rows <= this.#rows) return;
    this.#rows = rows;
    this.ops = new Int32Array(this.#rows);
    this.starts = new Int32Array(this.#rows);
    this.ends = new Int32Array(this.#rows);
    this.imm0 = new Int32Array(this.#rows);
    this.imm1 = new Int32Array(this.#rows);
    this.blockTypes = new Int32Array(this.#rows);
    this.match = new Int32Array(this.#rows);
    this.heights = new Int32Array(this.#rows);
    this.pointAt = new Int32Array(this.#rows);
    this.pointsBefore = new Int32Array(this.#rows);
    this.falls = new Uint8Array(this.#rows);
    this.verbatim = new Uint8Array(this.#rows);
  }
}
