/**
 * Measures this machine's files in a Worker while they are already being archived.
 *
 * @module
 */

import type { ProducerOptions } from "./tar_producer.ts";
import type { SizeMessage, SourceJob } from "./tar_source_messages.ts";
import { sourceWorkerUrl } from "./worker_urls.ts";

/**
 * Begins to measure; `onSize` hears about how many bytes of tar there will be. What cannot be
 * measured is never told.
 *
 * @returns ends it, whether or not it is done
 */
export function measureInWorker(
  options: ProducerOptions,
  onSize: (tarBytes: number) => void,
): () => void {
  const worker = new Worker(sourceWorkerUrl(), { type: "module", name: "size" });
  worker.onmessage = ({ data }: MessageEvent<SizeMessage>) => {
    if (data.type === "size") onSize(data.tarBytes);
  };
  // A progress line is nothing to fail for.
  worker.onerror = (event) => event.preventDefault();
  worker.postMessage({ options } satisfies SourceJob);
  return () => worker.terminate();
}
