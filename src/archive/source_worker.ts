/**
 * The Worker that reads files: runs the tar producer on this machine's file tree, puts frames into
 * the shared pool and posts a small message for each. Asked for it, it tells their size instead.
 *
 * @module
 */

import { LinuxFileTree } from "../../ffi/file_tree.ts";
import { packError } from "../packed_error.ts";
import { startTar } from "./tar_producer.ts";
import { estimateTarSize } from "./tar_size.ts";
import type { SizeMessage, SourceJob, SourceMessage } from "./tar_source_messages.ts";
import { SharedPool } from "./tar_source_pool.ts";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = (event: MessageEvent<SourceJob>) => {
  try {
    run(event.data);
  } catch (error) {
    post({ type: "error", error: packError(error) });
  }
  scope.close();
};

function run({ options, pool: parts }: SourceJob): void {
  if (parts === undefined) {
    return post({ type: "size", tarBytes: estimateTarSize(new LinuxFileTree(), options) });
  }
  const pool = new SharedPool(parts);
  const frames = startTar(new LinuxFileTree(), options, pool);
  post({ type: "ready" });
  while (true) {
    const step = frames.next();
    if (step.done) return post({ type: "end", totals: step.value });
    const { data, room: _, ...frame } = step.value;
    post({ type: "frame", frame: { ...frame, length: data.length } }, [frame.records.buffer]);
  }
}

function post(message: SourceMessage | SizeMessage, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}
