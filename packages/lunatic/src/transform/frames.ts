// What a frame holds at each resume point, and the code that saves and restores it.
//
// Slots in order: shadowed operands by height from the outermost up, then live locals by index. Slot 0 lies directly below
// the header, at the frame's end, so operands of outer control frames have the same distance from the end at every
// point inside a construct: a resume version can load them before it knows which inner point it is bound for.

import { WasmError } from '../wasm/error.ts';
import { F64, I32, I64, V128, type ValType } from '../wasm/types.ts';
import { CodeWriter } from './code_writer.ts';
import { encodeLocals, i32s, type RewriteContext } from './context.ts';
import { type FunctionIr, POINT_ENTRY } from './function_ir.ts';
import { FRAME_HEADER } from './injected_abi.ts';
import { MAX_FRAME_BYTES, MAX_HELPER_VALUES, SEPARATE_FRAME_SLOTS } from './limits.ts';
import { emitKeep, emitStoreValue, nullable, storedType } from './references.ts';

/** MAX_OPERANDS is below 2^22. */
const HEIGHT_BITS = 22;

export interface Slot {
  readonly type: ValType;
  /** Operand height, or -1 for a local. */
  readonly height: number;
  /** Index of the local, or -1 for an operand. */
  readonly local: number;
  /** Distance of the value's first byte from the frame's end. */
  readonly fromEnd: number;
}

/** The frames of one function. */
export interface FrameLayouts {
  /** By resume point. */
  readonly frames: readonly FrameLayout[];
  /**
   * All points use one layout, with every value that is alive at any of them: one block saves and one prelude restores. Frames are
   * larger, code is far smaller; chosen where separate layouts would add up (SEPARATE_FRAME_SLOTS).
   */
  readonly shared: boolean;
}

export interface FrameLayout {
  readonly slots: readonly Slot[];
  /** Header included. */
  readonly sizeBytes: number;
  /** The types of the slots as they are stored: names the helper that saves them. */
  readonly shape: string;
  /** What the header says: 0 for the entry, else 1 + position of the point. */
  readonly resumePoint: number;
}

export function layoutFrames(ir: FunctionIr, live: Int32Array[] | null): FrameLayouts {
  const layouts = chooseLayouts(ir, live);
  const tooLarge = layouts.frames.find(({ sizeBytes }) => sizeBytes > MAX_FRAME_BYTES);
  if (tooLarge !== undefined) {
    throw new WasmError(
      `unsupported: a frame of ${tooLarge.sizeBytes} bytes, the limit is ${MAX_FRAME_BYTES}`,
      ir.starts[0],
      ir.funcIndex,
    );
  }
  return layouts;
}

function chooseLayouts(ir: FunctionIr, live: Int32Array[] | null): FrameLayouts {
  // Without liveness every local counts; at the entry the declared ones are still zero, only parameters carry anything.
  const localsAt = (position: number): Int32Array => {
    const point = ir.points[position];
    const locals = live === null ? Int32Array.from(ir.localTypes.keys()) : live[position];
    return point.kind === POINT_ENTRY ? locals.filter((local) => local < ir.type.params.length) : locals;
  };
  let total = 0;
  ir.points.forEach((point, position) => {
    total += point.operands.length + (live === null ? ir.localTypes.length : live[position].length);
  });
  if (total <= SEPARATE_FRAME_SLOTS) {
    const frames = ir.points.map((point, position) => {
      const layout = new LayoutBuilder();
      point.operands.forEach((type, height) => {
        layout.add(nullable(type), height, -1);
      });
      for (const local of localsAt(position)) layout.add(nullable(ir.localTypes[local]), -1, local);
      return layout.finish(resumePointOf(ir, position));
    });
    return { frames, shared: false };
  }
  const layout = new LayoutBuilder();
  const known = new Set<number>();
  const locals: number[] = live === null ? [...ir.localTypes.keys()] : [];
  const taken = new Uint8Array(ir.localTypes.length);
  ir.points.forEach((point, position) => {
    point.operands.forEach((type, height) => {
      const key = operandKey(height, nullable(type));
      if (known.has(key)) return;
      known.add(key);
      layout.add(nullable(type), height, -1);
    });
    if (live === null) return;
    for (const local of localsAt(position)) {
      if (taken[local] === 1) continue;
      taken[local] = 1;
      locals.push(local);
    }
  });
  for (const local of locals) layout.add(nullable(ir.localTypes[local]), -1, local);
  const frame = layout.finish(0);
  return {
    frames: ir.points.map((_, position) => ({ ...frame, resumePoint: resumePointOf(ir, position) })),
    shared: true,
  };
}

function resumePointOf(ir: FunctionIr, position: number): number {
  return ir.points[position].kind === POINT_ENTRY ? 0 : position + 1;
}

/** The frame of an injected function, which has one resume point: its parameters. */
export function frameOfParams(params: readonly ValType[]): FrameLayout {
  const layout = new LayoutBuilder();
  params.forEach((type, local) => {
    layout.add(type, -1, local);
  });
  return layout.finish(1);
}

/** One number for an operand's height and type. */
export function operandKey(height: number, type: ValType): number {
  return type * 2 ** HEIGHT_BITS + height;
}

class LayoutBuilder {
  readonly #slots: Slot[] = [];
  #fromEnd = FRAME_HEADER;
  #shape = 'save ';

  add(type: ValType, height: number, local: number): void {
    this.#fromEnd += sizeOf(type);
    this.#slots.push({ type, height, local, fromEnd: this.#fromEnd });
    this.#shape += String.fromCharCode(storedType(type));
  }

  finish(resumePoint: number): FrameLayout {
    return { slots: this.#slots, sizeBytes: this.#fromEnd, shape: this.#shape, resumePoint };
  }
}

export function sizeOf(type: ValType): number {
  if (type === V128) return 16;
  return type === I64 || type === F64 ? 8 : 4;
}

/**
 * Pushes one frame to scratch. `localOf` tells the local that holds a slot's value; `stoppedAt` is the one that holds the resume point, or -1:
 * it is the layout's.
 * Small frames go through a helper shared by all frames of the same shape: forward bodies stay small, so V8 inlines them.
 */
export function emitSave(
  writer: CodeWriter,
  context: RewriteContext,
  layout: FrameLayout,
  functionNumber: number,
  localOf: (slot: Slot) => number,
  stoppedAt = -1,
): void {
  const { slots, sizeBytes } = layout;
  if (slots.length <= MAX_HELPER_VALUES) {
    for (const slot of slots) {
      writer.localGet(localOf(slot));
      emitKeep(writer, context, slot.type);
    }
    pushResumePoint(writer, layout, stoppedAt);
    writer.i32(functionNumber);
    writer.call(saveHelper(context, layout));
    return;
  }
  const { scratch } = context.globals;
  writer.globalGet(scratch);
  writer.sub(sizeBytes);
  writer.globalSet(scratch);
  for (const slot of slots) {
    writer.globalGet(scratch);
    writer.localGet(localOf(slot));
    emitStoreValue(writer, context, slot.type, sizeBytes - slot.fromEnd);
  }
  writer.globalGet(scratch);
  pushResumePoint(writer, layout, stoppedAt);
  writer.store(I32, sizeBytes - FRAME_HEADER, context.side);
  writer.globalGet(scratch);
  writer.i32(functionNumber);
  writer.store(I32, sizeBytes - FRAME_HEADER + 4, context.side);
}

function pushResumePoint(writer: CodeWriter, layout: FrameLayout, stoppedAt: number): void {
  if (stoppedAt >= 0) writer.localGet(stoppedAt);
  else writer.i32(layout.resumePoint);
}

/** `(slot values..., resume point, function number)`. An overflow of scratch wraps below zero, so a store traps. */
function saveHelper(context: RewriteContext, { shape, slots }: FrameLayout): number {
  return context.helper(shape, () => {
    const types = slots.map((slot) => storedType(slot.type));
    const sizeBytes = types.reduce((sum, type) => sum + sizeOf(type), FRAME_HEADER);
    const helper = context.append([...types, I32, I32], [], 'lunatic$save');
    const writer = new CodeWriter();
    const base = types.length + 2;
    encodeLocals(writer.out, i32s(1));
    writer.globalGet(context.globals.scratch);
    writer.sub(sizeBytes);
    writer.localTee(base);
    writer.globalSet(context.globals.scratch);
    let fromEnd = FRAME_HEADER;
    types.forEach((type, k) => {
      fromEnd += sizeOf(type);
      writer.localGet(base);
      writer.localGet(k);
      writer.store(type, sizeBytes - fromEnd, context.side);
    });
    for (const k of [0, 1]) {
      writer.localGet(base);
      writer.localGet(types.length + k);
      writer.store(I32, sizeBytes - FRAME_HEADER + 4 * k, context.side);
    }
    writer.end();
    helper.body = writer.out.finish();
    return helper.index;
  });
}
