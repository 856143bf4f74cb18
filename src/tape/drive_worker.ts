/**
 * The thread of one drive: makes its blocking calls one after the other and answers each. Runs as a
 * Worker; `linux_device.ts` is the other end.
 *
 * @module
 */

import { SystemStCalls } from "../../ffi/tape.ts";
import { DriveServer } from "./drive_server.ts";

const server = new DriveServer(new SystemStCalls(), (answer) => self.postMessage(answer));
self.onmessage = ({ data }: MessageEvent) => server.serve(data);
