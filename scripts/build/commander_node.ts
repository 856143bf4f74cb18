/**
 * What Commander needs of node's modules inside an executable. The real ones take longer to load
 * than ectar takes to print its help; ectar hands Commander its own output, arguments and
 * environment, and has no subcommands that are executables of their own.
 *
 * @module
 */

type Listener = (...args: unknown[]) => void;

/** The part of node's class that Commander uses. */
export class EventEmitter {
  readonly #listeners = new Map<string, Listener[]>();

  /** Calls `listener` at every `event`. */
  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...this.#of(event), listener]);
    return this;
  }

  /** Calls the listeners of `event`; returns whether there are any. */
  emit(event: string, ...args: unknown[]): boolean {
    const listeners = this.#of(event);
    for (const listener of listeners) listener.apply(this, args);
    return listeners.length > 0;
  }

  /** How many listen to `event`. */
  listenerCount(event: string): number {
    return this.#of(event).length;
  }

  #of(event: string): Listener[] {
    return this.#listeners.get(event) ?? [];
  }
}

/** The text without escape sequences for colours. */
export function stripVTControlCharacters(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}

/** Stands for `child_process`, `fs`, `path` and `process`: nothing else of them is asked for. */
const absent: Record<string, never> = new Proxy({}, {
  get(_target, name) {
    // `help` ends with what the process would have ended with.
    if (name === "exitCode") return undefined;
    throw new Error(`Commander asks for ${String(name)}, which the executable does not have`);
  },
});

export default absent;
