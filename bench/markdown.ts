/**
 * The findings as a Markdown file.
 *
 * @module
 */

import { type Finding, goalText, valueText, verdict } from "./report.ts";

/**
 * The whole file.
 *
 * @param facts what the findings were measured on
 */
export function markdown(findings: readonly Finding[], facts: readonly string[]): string {
  const rows = findings.map((finding) => {
    const cells = "skipped" in finding
      ? ["–", "–", verdict(finding), finding.skipped]
      : [valueText(finding), goalText(finding) || "–", verdict(finding), finding.note];
    return `| ${[finding.what, ...cells].map(cell).join(" | ")} |`;
  });
  return [
    "# Results of `deno task bench`",
    "",
    "Written by the last whole run; see docs/performance.md for what is measured and what it means.",
    "",
    ...facts.map((fact) => `- ${fact}`),
    "",
    `${summary(findings)} ![Figures beside their goals](results.svg)`,
    "",
    "| what | measured | goal | | remarks |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/** How many goals are met. */
export function summary(findings: readonly Finding[]): string {
  const count = (word: string) => findings.filter((finding) => verdict(finding) === word).length;
  return `Goals met: ${count("met")}, missed: ${count("MISSED")}; figures skipped: ` +
    `${count("skipped")}.`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ").trim();
}
