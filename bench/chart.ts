/**
 * The findings as a picture: every figure with a goal as a bar beside the line where its goal is met,
 * and resident memory over time. Plain SVG, readable without colours, in light and dark.
 *
 * @module
 */

import { type Figure, type Finding, goalText, valueText, verdict } from "./report.ts";

const WIDTH = 1200;
const LABELS = 680;
const BARS = 300;
const ROW = 22;
const HEAD = 64;
/** Bars end at this many times their goal. */
const LONGEST = 2;

const PLOT_HEIGHT = 260;
const PLOT_LEFT = 60;
const PLOT_WIDTH = 560;
const PLOT_MIB = 450;
const GOAL_MIB = 400;
const TICKS_MIB = [0, 100, 200, 300, 400];
/** Colours that stay apart for colour-blind people, and dashes for those who see none. */
const LINES = [
  { colour: "#0072b2", dashes: "" },
  { colour: "#d55e00", dashes: "6 3" },
  { colour: "#009e73", dashes: "2 3" },
  { colour: "#cc79a7", dashes: "8 3 2 3" },
  { colour: "#e69f00", dashes: "12 4" },
  { colour: "#56b4e9", dashes: "1 4" },
  { colour: "#8c6bb1", dashes: "4 2 1 2" },
];

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1b1f24; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 11px; fill: #57606a; }
  .back { fill: #ffffff; }
  .axis { stroke: #8c959f; stroke-width: 1; fill: none; }
  .goal { stroke: #1b1f24; stroke-width: 1.5; stroke-dasharray: 4 3; }
  .met { fill: #2f7fc1; }
  .MISSED { fill: #c2571a; }
  .course { fill: none; stroke-width: 1.8; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .small { fill: #9aa4af; }
    .back { fill: #0d1117; }
    .goal { stroke: #e6edf3; }
  }`;

/** The picture of a whole run. */
export function chart(findings: readonly Finding[]): string {
  const figures = findings.filter((finding): finding is Figure =>
    !("skipped" in finding) && finding.goal !== undefined
  );
  const courses = figures.filter(({ memory }) => memory !== undefined && memory.length > 1);
  const barsHeight = HEAD + figures.length * ROW + 24;
  const plotHeight = courses.length === 0 ? 0 : HEAD + PLOT_HEIGHT + 48;
  const height = barsHeight + plotHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    "<title>Figures of ectar's benchmarks beside their goals, and memory over time</title>",
    `<style>${STYLE}\n</style>`,
    `<rect class="back" width="${WIDTH}" height="${height}"/>`,
    ...bars(figures),
    ...(courses.length === 0 ? [] : plot(courses, barsHeight)),
    "</svg>",
    "",
  ].join("\n");
}

function bars(figures: readonly Figure[]): string[] {
  const goalX = LABELS + BARS / LONGEST;
  const bottom = HEAD + figures.length * ROW;
  const parts = [
    text(16, 28, "Figures beside their goals", "title"),
    text(goalX, 48, "goal", "small", "middle"),
    text(LABELS, 48, "longer is better", "small"),
  ];
  for (const [i, figure] of figures.entries()) {
    const top = HEAD + i * ROW;
    const share = Math.min(LONGEST, shareOfGoal(figure));
    const state = verdict(figure);
    const words = `${valueText(figure)} (${goalText(figure)}) ${state === "met" ? "" : state}`;
    parts.push(
      text(LABELS - 12, top + 14, figure.what, "", "end"),
      `<rect class="${state}" x="${LABELS}" y="${top + 3}" width="${
        round(share * BARS / LONGEST)
      }" height="${ROW - 6}"/>`,
      text(LABELS + BARS + 12, top + 14, words.trim()),
    );
  }
  parts.push(`<path class="goal" d="M${goalX} ${HEAD - 8}V${bottom}"/>`);
  parts.push(`<path class="axis" d="M${LABELS} ${HEAD - 8}V${bottom}"/>`);
  return parts;
}

/** How far a figure comes: 1 where it just meets its goal, more where it is better. */
function shareOfGoal({ value, goal, better }: Figure): number {
  return better === "more" ? value / goal! : goal! / value;
}

function plot(courses: readonly Figure[], top: number): string[] {
  const floor = top + HEAD + PLOT_HEIGHT;
  const y = (mib: number) => round(floor - PLOT_HEIGHT * Math.min(mib, PLOT_MIB) / PLOT_MIB);
  const parts = [
    text(16, top + 28, "Resident memory over each run, MiB", "title"),
    `<path class="axis" d="M${PLOT_LEFT} ${top + HEAD - 8}V${floor}h${PLOT_WIDTH}"/>`,
    `<path class="goal" d="M${PLOT_LEFT} ${y(GOAL_MIB)}h${PLOT_WIDTH}"/>`,
    text(PLOT_LEFT, floor + 18, "start", "small"),
    text(PLOT_LEFT + PLOT_WIDTH, floor + 18, "end", "small", "end"),
  ];
  for (const mib of TICKS_MIB) {
    parts.push(text(PLOT_LEFT - 8, y(mib) + 4, `${mib}`, "small", "end"));
  }
  for (const [i, { what, memory }] of courses.entries()) {
    const { colour, dashes } = LINES[i % LINES.length];
    const line = `stroke="${colour}" stroke-dasharray="${dashes}"`;
    const points = memory!.map((mib, at) => {
      const x = PLOT_LEFT + PLOT_WIDTH * at / (memory!.length - 1);
      return `${round(x)},${y(mib)}`;
    });
    const key = top + HEAD + i * ROW;
    const keyX = PLOT_LEFT + PLOT_WIDTH + 24;
    parts.push(
      `<polyline class="course" ${line} points="${points.join(" ")}"/>`,
      `<path class="course" ${line} d="M${keyX} ${key}h32"/>`,
      text(keyX + 40, key + 4, what.replace("peak memory of ", ""), "small"),
    );
  }
  return parts;
}

function text(x: number, y: number, words: string, style = "", anchor = "start"): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const looks = style === "" ? "" : ` class="${style}"`;
  return `<text x="${round(x)}" y="${round(y)}"${looks} text-anchor="${anchor}">${escaped}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
