/**
 * What the benchmarks found, beside the goals.
 *
 * @module
 */

/** One figure with its goal. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** Undefined where there is none. */
  goal: number | undefined;
  better: "more" | "less";
  note: string;
  /** Resident memory over time, in MiB: samples at even distances from start to end. */
  memory?: number[];
}

/** What this machine could not measure. */
export interface Skipped {
  what: string;
  /** Why. */
  skipped: string;
}

/** One line of the results. */
export type Finding = Figure | Skipped;

/** How a finding stands to its goal; empty where there is none. */
export function verdict(finding: Finding): "met" | "MISSED" | "skipped" | "" {
  if ("skipped" in finding) return "skipped";
  const { value, goal, better } = finding;
  if (goal === undefined) return "";
  return (better === "more" ? value >= goal : value <= goal) ? "met" : "MISSED";
}

/** The goal for people; empty where there is none. */
export function goalText({ goal, better, unit }: Figure): string {
  return goal === undefined ? "" : `${better === "more" ? "≥" : "≤"} ${goal} ${unit}`;
}

/** The value for people, with its unit. */
export function valueText({ value, unit }: Figure): string {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(2)} ${unit}`;
}

/** One finding for a terminal. */
export function line(finding: Finding): string {
  const start = `${verdict(finding).padEnd(7)} ${finding.what}: `;
  if ("skipped" in finding) return start + finding.skipped;
  const goal = finding.goal === undefined ? "" : ` (goal ${goalText(finding)})`;
  const note = finding.note === "" ? "" : `\n          ${finding.note}`;
  return start + valueText(finding) + goal + note;
}
