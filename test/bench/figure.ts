import type { Statistics } from "./statistics.ts";

/** One measured thing. */
export interface Figure {
  readonly name: string;
  readonly unit: "ms" | "s" | "MB";
  readonly value: Statistics;
  /** The same of what we are compared with, measured in the same run. */
  readonly baseline?: { readonly name: string; readonly value: Statistics };
  /** What it shall not exceed: in its unit, or as a multiple of the baseline. */
  readonly budget?: { readonly most: number; readonly of: "value" | "ratio" };
}

/** Something that could not be measured here. */
export interface NotMeasured {
  readonly name: string;
  readonly reason: string;
}

export type Result = Figure | NotMeasured;

/** Medians, or nothing where there is no baseline. */
export function ratioOf({ value, baseline }: Figure): number | undefined {
  return baseline === undefined ? undefined : value.median / baseline.value.median;
}

/** Whether the budget is kept; nothing where there is none. */
export function keepsBudget(figure: Figure): boolean | undefined {
  const { value, budget } = figure;
  if (budget === undefined) return undefined;
  const measured = budget.of === "value" ? value.median : ratioOf(figure);
  return measured !== undefined && measured <= budget.most;
}

/** All results as one table for a terminal. */
export function showTable(results: readonly Result[]): string {
  const head = ["", "median", "p95", "n", "baseline", "ratio", "budget", ""];
  const rows = results.map((result) =>
    "reason" in result ? [result.name, `not measured: ${result.reason}`] : toRow(result),
  );
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].filter((row) => row.length > 2).map((row) => row[column]?.length ?? 0)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

function toRow(figure: Figure): string[] {
  const { name, unit, value, baseline, budget } = figure;
  const ratio = ratioOf(figure);
  const kept = keepsBudget(figure);
  return [
    name,
    `${round(value.median)} ${unit}`,
    value.n > 1 ? `${round(value.p95)} ${unit}` : "",
    String(value.n),
    baseline === undefined ? "" : `${round(baseline.value.median)} ${unit} (${baseline.name})`,
    ratio === undefined ? "" : `${ratio.toFixed(2)}×`,
    budget === undefined ? "" : `≤ ${budget.most}${budget.of === "ratio" ? "×" : ` ${unit}`}`,
    kept === undefined ? "" : kept ? "kept" : "EXCEEDED",
  ];
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
