/** A real tree with everything a file system knows, archived by ectar and extracted by GNU tar. */

import assert from "node:assert/strict";
import {
  extractWithTar,
  inventory,
  makeAt,
  openDescriptors,
  produceFrom,
  run,
  withTree,
} from "../integration/source_harness.ts";

const isRoot = Deno.uid() === 0;

Deno.test({
  name: "GNU tar extracts the same tree: all kinds, owners, times, attributes, ACLs",
  ignore: !isRoot,
  fn: () =>
    withTree((top) => {
      const from = `${top}/from`;
      Deno.mkdirSync(`${from}/dir/empty`, { recursive: true });
      Deno.writeTextFileSync(`${from}/dir/file`, "content");
      Deno.writeTextFileSync(`${from}/setuid`, "x");
      Deno.chmodSync(`${from}/setuid`, 0o6751);
      Deno.chmodSync(`${from}/dir`, 0o1777);
      Deno.linkSync(`${from}/dir/file`, `${from}/zz-hard`);
      Deno.symlinkSync("nowhere/at/all", `${from}/dangling`);
      Deno.symlinkSync("t".repeat(300), `${from}/long-target`);
      Deno.writeTextFileSync(`${from}/${"n".repeat(255)}`, "long name");
      run("mkfifo", ["-m", "600", `${from}/fifo`]);
      run("mknod", [`${from}/null`, "c", "1", "3"]);
      run("mknod", [`${from}/loop`, "b", "7", "99"]);
      run("chown", ["-h", "12345:54321", `${from}/dangling`, `${from}/fifo`, `${from}/setuid`]);
      run("chmod", ["6751", `${from}/setuid`]);
      run("setfattr", ["-n", "user.comment", "-v", "0x00ff0a3d", `${from}/dir/file`]);
      run("setfattr", ["-n", "user.empty", `${from}/dir`]);
      run("setfattr", ["-n", "trusted.t", "-v", "tt", `${from}/dir/empty`]);
      run("setfattr", ["-h", "-n", "trusted.link", "-v", "l", `${from}/dangling`]);
      run("setfacl", ["-m", "u:4711:rw", `${from}/dir/file`]);
      run("setfacl", ["-d", "-m", "g:4712:rx", `${from}/dir`]);
      makeAt(from, Uint8Array.of(0xff, 0x0a, 0xc3, 0x28), "name is not UTF-8");
      run("touch", ["-h", "-d", "1969-12-31 23:59:58.123456789 UTC", `${from}/fifo`]);
      run("touch", ["-h", "-d", "2038-02-01 00:00:00.000000001 UTC", `${from}/dir/file`]);
      run("touch", ["-h", "-d", "2001-01-01 00:00:00.5 UTC", `${from}/dangling`]);

      const before = openDescriptors();
      const produced = produceFrom(from);
      assert.equal(openDescriptors(), before);
      assert.deepEqual(produced.notes, []);
      extractWithTar(produced.tar, `${top}/to`);
      assert.equal(inventory(`${top}/to`), inventory(from));
      run("diff", ["-r", "--no-dereference", `${from}/dir`, `${top}/to/dir`]);
      const attributes = (directory: string) =>
        new TextDecoder().decode(
          run("sh", ["-c", `cd ${directory} && getfattr -Rhd -m - -e hex . && getfacl -Rpn .`]),
        );
      assert.equal(attributes(`${top}/to`), attributes(from));
      assert.match(attributes(from), /trusted\.link=0x6c/);
    }),
});
