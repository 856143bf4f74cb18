/**
 * Makes the self-extracting executable: the shell script `prelude.sh`, and behind it Deno and the
 * bundle, each file compressed by itself.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { BundledFile } from "../build/bundle.ts";
import { PERMISSIONS } from "../build/permissions.ts";
import type { Target } from "../build/targets.ts";

/** Everything that `deno run` is told besides what to run. */
const DENO_ARGUMENTS = [
  "run",
  "--quiet",
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--no-remote",
  "--cached-only",
  "--no-code-cache",
  ...PERMISSIONS,
];

/** What is packed. */
export interface Contents {
  /** ectar's version. */
  version: string;
  /** Platform of the Deno binary. */
  target: Target;
  /** Deno's binary. */
  deno: Uint8Array;
  /** The bundle. */
  bundle: readonly BundledFile[];
}

/** The executable's bytes. The same contents give the same bytes. */
export function packExecutable(contents: Contents): Uint8Array[] {
  const members = [
    { name: "ectar", mode: "0500", content: contents.deno },
    ...contents.bundle.map((file) => ({ ...file, mode: "0400" })),
    // Deno is told that its cache is here, and cannot make one in an empty file.
    { name: "no-cache", mode: "0400", content: new Uint8Array() },
  ];
  const payload: Uint8Array[] = [];
  const lines: string[] = [];
  let offset = 0;
  for (const { name, mode, content } of members) {
    if (!/^[\w.-]+$/.test(name)) throw new Error(`the shell cannot name ${name} safely`);
    const packed = gzipSync(content, { level: 9 });
    lines.push(`${mode} ${sha256(content)} ${offset} ${packed.length} ${name}`);
    payload.push(packed);
    offset += packed.length;
  }
  const files = lines.join("\n");
  const fields = {
    VERSION: contents.version,
    TARGET: contents.target.triple,
    MACHINE: contents.target.machine,
    BUILD: sha256(new TextEncoder().encode(files)).slice(0, 32),
    FILES: files,
    NAMES: members.map(({ name }) => name).join(" "),
    DENO_ARGUMENTS: DENO_ARGUMENTS.join(" "),
  };
  return [fillIn(fields), ...payload];
}

/** The script. It says where itself ends, which depends on how many digits that takes. */
function fillIn(fields: Record<string, string>): Uint8Array {
  const template = Deno.readTextFileSync(new URL("./prelude.sh", import.meta.url));
  let script = new Uint8Array();
  for (let length = -1; length !== script.length;) {
    length = script.length;
    const values: Record<string, string> = { ...fields, PAYLOAD_OFFSET: String(length) };
    script = new TextEncoder().encode(
      template.replace(/@([A-Z_]+)@/g, (_all, name) => {
        if (!(name in values)) throw new Error(`prelude.sh wants an unknown @${name}@`);
        return values[name];
      }),
    );
  }
  return script;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
