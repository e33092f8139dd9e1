// What all processes together hold in the memory of the host: messages in mailboxes and on timers, links and monitors, and
// what the host layer keeps for them.
//
// Each kind has its own bound per process, but many processes together could still fill JavaScript's heap, and then V8 ends the whole
// OS process. So there is one account. Nobody may come to hold more than what is still free: one hog gets half, the next half of
// what is left. Beyond the bound there is a reserve for those who hold next to nothing, so that the others of a VM full of hogs go on.
// Whoever is refused gets the outcome of the bound per process.
//
// Invariant: `bytes` is the sum over everything counted; each holder takes back exactly what it added.

/** Holders of no more than this may use the reserve. */
export const SMALL_HOLDING_BYTES = 16 * 1024;
/** The reserve, as a share of the bound. */
const RESERVE = 0.5;

export class HeldMemory {
  bytes = 0;
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Whether a holder of `own` bytes may add `more`. */
  hasRoom(more: number, own: number): boolean {
    const after = own + more;
    if (after <= this.maxBytes - this.bytes) return true;
    return after <= SMALL_HOLDING_BYTES && this.bytes + more <= this.maxBytes * (1 + RESERVE);
  }
}
