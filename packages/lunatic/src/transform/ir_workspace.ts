// What the functions of a rewrite use one after another while their form is built: new arrays for each would cost more than what is
// written into them. Columns hold the reachable instructions of one function, one for each thing that is known about them.

import { FlowEstimate } from './flow_estimate.ts';

const FIRST_ROWS = 4096;

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

  /** Makes room for so many rows. What the columns held is lost. */
  reserve(rows: number): void {
    if (rows <= this.#rows) return;
    this.#rows = Math.max(rows, 2 * this.#rows, FIRST_ROWS);
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
