import assert from "node:assert/strict";
import { csvField, listFormatter, modeText } from "../../../src/cli/list_format.ts";
import type { FileRecord } from "../../../src/index/records.ts";

const FILE: FileRecord = {
  path: 'a "quoted", name\nwith a line end',
  chunk: 1,
  offset: 0,
  member_size: 1536,
  size: 12,
  checksum: "00",
  mode: 0o4755,
  mtime: 1700000000,
  mtime_ns: 5,
  uid: 1,
  gid: 2,
  user: "me",
  group: null,
  entry_type: "file",
  target: null,
  spans_chunks: false,
};

Deno.test("modes read as ls shows them", () => {
  assert.equal(modeText(0o755), "rwxr-xr-x");
  assert.equal(modeText(0o4755), "rwsr-xr-x");
  assert.equal(modeText(0o4644), "rwSr--r--");
  assert.equal(modeText(0o2750), "rwxr-s---");
  assert.equal(modeText(0o1777), "rwxrwxrwt");
  assert.equal(modeText(0o1776), "rwxrwxrwT");
});

Deno.test("CSV fields are quoted as RFC 4180 says", () => {
  assert.equal(csvField("plain"), "plain");
  assert.equal(csvField('a"b'), '"a""b"');
  assert.equal(csvField("a,b"), '"a,b"');
});

Deno.test("CSV is one printable line a member, with the bytes of a name that had to be escaped", () => {
  const formatter = listFormatter("csv", false);
  const [columns] = formatter.begin();
  const target = "\x1b[2J\u202e";
  const [line] = formatter.member({ ...FILE, path: "a\\b\nc", target });
  assert.match(line, /^a\\b\\nc,file,12,4755,/);
  assert.match(line, /^[ -~]*$/);
  const value = (column: string) => {
    const text = line.split(",")[columns.split(",").indexOf(column)];
    return new TextDecoder().decode(Uint8Array.fromBase64(text));
  };
  assert.equal(value("path_b64"), "a\\b\nc");
  assert.equal(value("target_b64"), target);
  assert.match(formatter.member({ ...FILE, path: "plain\\" })[0], /^plain\\,.*,,$/);
});

Deno.test("JSON output is one valid array whatever the names", () => {
  const formatter = listFormatter("json", false);
  const lines = [...formatter.begin(), ...formatter.member(FILE), ...formatter.member(FILE)];
  const parsed = JSON.parse([...lines, ...formatter.end()].join("\n"));
  assert.deepEqual(parsed, [FILE, FILE]);
  const empty = listFormatter("json", false);
  assert.deepEqual(JSON.parse([...empty.begin(), ...empty.end()].join("\n")), []);
});

Deno.test("text output never holds a raw control character", () => {
  for (const long of [false, true]) {
    const [line] = listFormatter("text", long).member(FILE);
    assert.ok(!line.includes("\n") && !line.includes("\x1b"), line);
    assert.ok(line.includes("quoted"));
  }
});

Deno.test("the long form shows type, mode, owner, size and time", () => {
  const [line] = listFormatter("text", true).member(FILE);
  assert.match(line, /^-rwsr-xr-x me\/2 +12 2023-11-14 22:13:20 a /);
});
