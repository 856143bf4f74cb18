/** Speaks up when one seed takes too long: from a thread of its own, for a loop that never ends. */

const LIMIT_MS = 120_000;

const SCRIPT = `let timer;
onmessage = ({ data }) => {
  clearTimeout(timer);
  if (data === undefined) return close();
  timer = setTimeout(() => console.error(
    "seed " + data + " runs for ${LIMIT_MS / 1000} s now; replay: deno task sim --seed " + data
  ), ${LIMIT_MS});
};`;

/** Starts watching. */
export function watch(): { begin(seed: number): void; end(): void } {
  const worker = new Worker(`data:application/javascript,${encodeURIComponent(SCRIPT)}`, {
    type: "module",
  });
  return {
    begin: (seed) => worker.postMessage(seed),
    end: () => worker.postMessage(undefined),
  };
}
