/**
 * Faults a mock drive is told to have: which call fails, how, and whether it ever works again.
 *
 * @module
 */

/** A call on a drive. */
export type MockCall =
  | "readBlock"
  | "writeBlock"
  | "writeFilemarks"
  | "spaceFiles"
  | "spaceBlocks"
  | "locate"
  | "spaceToEndOfData"
  | "position"
  | "rewind"
  | "unload"
  | "erase"
  | "status"
  | "close";

/** What happens instead of, or in, the failing call. */
export type MockEffect =
  /** The call throws the `EctarError` of this errno, `EIO` unless named; nothing moves. */
  | { kind: "error"; errno?: string }
  /** The call never ends until {@link MockFaults.release} is called, then it is carried out. */
  | { kind: "hang" }
  /** writeBlock: only the first `bytes` bytes reach the tape, and the call throws `EIO`. */
  | { kind: "short-write"; bytes: number }
  /** Everything since the last filemark vanishes and the call throws `EIO`: a late error. */
  | { kind: "lose-since-filemark" }
  /** writeBlock, writeFilemarks: the tape is full. */
  | { kind: "end-of-medium" }
  /** readBlock: the block comes back with one bit of byte `byte` (default 0) flipped, no error. */
  | { kind: "flip"; byte?: number };

/** One planned fault. */
export interface MockFault {
  /** The call that fails; "any" counts every call but `close`. */
  call: MockCall | "any";
  /** Which such call from now on fails, from 1. Default 1: the next one. */
  nth?: number;
  /** What happens. Default `{ kind: "error", errno: "EIO" }`. */
  effect?: MockEffect;
  /** The n-th call and every later one fail. Default false: it happens once. */
  sticky?: boolean;
}

interface Planned {
  fault: MockFault;
  left: number;
}

/** The faults planned for one drive. Deterministic: calls are counted, nothing is random. */
export class MockFaults {
  #planned: Planned[] = [];
  #waiting: (() => void)[] = [];

  /** Plans a fault. */
  add(fault: MockFault): void {
    this.#planned.push({ fault, left: fault.nth ?? 1 });
  }

  /** Forgets all planned faults; calls that hang go on hanging. */
  clear(): void {
    this.#planned = [];
  }

  /** Calls that hang now. */
  get hanging(): number {
    return this.#waiting.length;
  }

  /** Lets the calls that hang now go on. */
  release(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Counts a call and tells what happens in it; a hang is over when this resolves. */
  async meet(call: MockCall): Promise<MockEffect | undefined> {
    const effect = this.#next(call);
    if (effect?.kind !== "hang") return effect;
    await new Promise<void>((resume) => this.#waiting.push(resume));
    return undefined;
  }

  #next(call: MockCall): MockEffect | undefined {
    let met: Planned | undefined;
    for (const planned of this.#planned) {
      if (!counts(planned.fault, call)) continue;
      planned.left--;
      if (planned.left <= 0) met ??= planned;
    }
    if (met === undefined) return undefined;
    this.#planned = this.#planned.filter((one) => one.left > 0 || one.fault.sticky);
    return met.fault.effect ?? { kind: "error" };
  }
}

function counts(fault: MockFault, call: MockCall): boolean {
  return fault.call === call || (fault.call === "any" && call !== "close");
}
