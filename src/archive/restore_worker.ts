/**
 * The Worker that restores files: decodes the tar that it is sent and writes members below a
 * directory of this machine.
 *
 * @module
 */

import { LinuxRestoreTree } from "../../ffi/restore_tree.ts";
import { packError } from "../packed_error.ts";
import { PathSelector } from "../tree/path_selector.ts";
import { RestoreRun } from "./restore_run.ts";
import type { RestoreJob, SinkAnswer, SinkRequest, Told } from "./tar_sink_messages.ts";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

/** What is told waits for the next answer, unless it is longer than this: a name may have millions. */
const TOLD_CHARACTERS = 64 * 1024;

let told: Told = { problems: [], partial: [] };
let toldCharacters = 0;
let job: ReturnType<typeof begin> | undefined;
/** After a failure nothing is done but `finish`, and nothing more is said. */
let failed = false;

scope.onmessage = ({ data: request }: MessageEvent<SinkRequest>) => {
  try {
    if (request.type === "begin") job = begin(request.job);
    else perform(request);
  } catch (error) {
    failed = true;
    post({ type: "error", error: packError(error), of: request.type });
  }
  if (request.type === "finish") scope.close();
};

function begin({ directory, selection, restore, stop }: RestoreJob) {
  const target = new LinuxRestoreTree(directory);
  const selector = new PathSelector(selection);
  const run = new RestoreRun(target, selector, restore, {
    onProblem: (line) => tell(told.problems, line),
    onPartial: (path) => tell(told.partial, path),
  });
  return { target, selector, run, stop: new Int32Array(stop) };
}

function perform(request: Exclude<SinkRequest, { type: "begin" }>): void {
  if (request.type === "finish") return finish();
  if (failed || Atomics.load(job!.stop, 0) !== 0) return;
  if (request.type === "end") {
    return post({ type: "ended", pass: job!.run.end(request.part) });
  }
  const { item } = request;
  job!.run.take(item);
  // The Worker's own; left to the garbage collector, frames pile up.
  if (item.kind === "data") (item.bytes.buffer as ArrayBuffer).transfer(0);
  post({ type: "taken" });
}

function finish(): void {
  if (job === undefined) throw new Error("nothing was begun");
  using _closed = job.target;
  const { counts, line } = job.run.finish();
  post({ type: "finished", result: { counts, line, usedNames: job.selector.used() } });
}

function tell(list: string[], text: string): void {
  list.push(text);
  toldCharacters += text.length;
  if (toldCharacters > TOLD_CHARACTERS) post({ type: "told" });
}

type Answer<Each = SinkAnswer> = Each extends SinkAnswer ? Omit<Each, "told"> : never;

function post(answer: Answer): void {
  scope.postMessage({ ...answer, told });
  told = { problems: [], partial: [] };
  toldCharacters = 0;
}
