/**
 * Which type can stand where another is expected.
 *
 * Spec: core/valid/matching.
 */

import {
  BOTTOM,
  HEAP_FUNC,
  heapTypeOf,
  isNullable,
  isRef,
  isTypeIndex,
  type ValType,
  type WasmModule,
} from './types.ts';

/** `module` decides which of its function types are equal. */
export function isSubtype(module: WasmModule, sub: ValType, sup: ValType): boolean {
  if (sub === sup || sub === BOTTOM) {
    return true;
  }
  if (!isRef(sub) || !isRef(sup) || (isNullable(sub) && !isNullable(sup))) {
    return false;
  }
  const subHeap = heapTypeOf(sub);
  const supHeap = heapTypeOf(sup);
  if (subHeap === supHeap) {
    return true;
  }
  if (!isTypeIndex(subHeap)) {
    return false;
  }
  return isTypeIndex(supHeap) ? module.typeIds[subHeap] === module.typeIds[supHeap] : supHeap === HEAP_FUNC;
}
