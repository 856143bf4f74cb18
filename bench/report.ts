/**
 * What the benchmarks found, as a table beside the goals.
 *
 * @module
 */

/** How much to run. */
export interface Options {
  /** Rounds of each comparison. */
  rounds: number;
  /** Bytes of the large file. */
  largeBytes: number;
}

/** One figure with its goal. */
export interface Finding {
  what: string;
  value: number;
  unit: string;
  /** Undefined where there is none. */
  goal: number | undefined;
  better: "more" | "less";
  note: string;
}

/** One line for people. */
export function line(finding: Finding): string {
  const { what, value, unit, note } = finding;
  return `${verdict(finding).padEnd(6)} ${what}: ${number(value)} ${unit}${goal(finding)}` +
    (note === "" ? "" : `\n         ${note}`);
}

/** The findings as a Markdown file, with what they were measured on. */
export function markdown(findings: readonly Finding[]): string {
  const rows = findings.map((finding) =>
    `| ${finding.what} | ${number(finding.value)} ${finding.unit} | ` +
    `${goal(finding).replace(/^ \(goal (.*)\)$/, "$1") || "–"} | ${
      verdict(finding)
    } | ${finding.note} |`
  );
  return [
    "# Results of `deno task bench`",
    "",
    "Written by the last run; see docs/performance.md for what is measured and what it means.",
    "",
    ...machine().map((fact) => `- ${fact}`),
    "",
    "| what | measured | goal | | remarks |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function verdict({ value, goal, better }: Finding): string {
  if (goal === undefined) return "";
  return (better === "more" ? value >= goal : value <= goal) ? "met" : "MISSED";
}

function goal({ goal, better, unit }: Finding): string {
  return goal === undefined ? "" : ` (goal ${better === "more" ? "≥" : "≤"} ${goal} ${unit})`;
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function machine(): string[] {
  const model = /model name\s*: (.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ??
    Deno.build.arch;
  const memory = (Deno.systemMemoryInfo().total / 2 ** 30).toFixed(0);
  const load = Deno.loadavg()[0].toFixed(1);
  return [
    `${model}, ${navigator.hardwareConcurrency} cores, ${memory} GiB of memory`,
    `Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}, ${version("tar")}, ${version("zstd")}`,
    `${new Date().toISOString().slice(0, 10)}, load average at the end ${load}`,
  ];
}

function version(program: string): string {
  const { stdout } = new Deno.Command(program, { args: ["--version"] }).outputSync();
  const text = new TextDecoder().decode(stdout);
  return `${program} ${/\d+(\.\d+)+/.exec(text)?.[0] ?? "?"}`;
}
