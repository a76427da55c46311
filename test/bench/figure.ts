import type { Statistics } from "./statistics.ts";

/** One measured thing. */
export interface Figure {
  readonly name: string;
  readonly unit: "ms" | "s" | "MB" | "MB/s" | "/s" | "×";
  readonly value: Statistics;
  /** The same of what we are compared with, measured in the same run. */
  readonly baseline?: { readonly name: string; readonly value: Statistics };
  readonly budgets?: readonly Budget[];
}

/** Bounds of a median or 99th percentile in its unit, or of the median against the baseline's: as ratio, or what is more. */
export interface Budget {
  readonly of: "median" | "p99" | "ratio" | "more";
  readonly most?: number;
  readonly least?: number;
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

/** Whether the budgets are kept; nothing where there are none. */
export function keepsBudget(figure: Figure): boolean | undefined {
  return figure.budgets?.every(({ of, most = Infinity, least = -Infinity }) => {
    const measured = measuredOf(figure, of);
    return measured !== undefined && measured <= most && measured >= least;
  });
}

function measuredOf(figure: Figure, of: Budget["of"]): number | undefined {
  const { value, baseline } = figure;
  switch (of) {
    case "ratio":
      return ratioOf(figure);
    case "more":
      return baseline === undefined ? undefined : value.median - baseline.value.median;
    default:
      return value[of];
  }
}

/** All results as one table for a terminal. */
export function showTable(results: readonly Result[]): string {
  const head = ["", "median", "p99", "n", "baseline", "ratio", "budget", ""];
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
  const { name, unit, value, baseline, budgets = [] } = figure;
  const ratio = ratioOf(figure);
  const kept = keepsBudget(figure);
  return [
    name,
    `${round(value.median)} ${unit}`,
    value.n > 1 ? `${round(value.p99)} ${unit}` : "",
    String(value.n),
    baseline === undefined ? "" : `${round(baseline.value.median)} ${unit} (${baseline.name})`,
    ratio === undefined ? "" : `${ratio.toFixed(2)}×`,
    budgets.map((budget) => inWords(budget, unit)).join(", "),
    kept === undefined ? "" : kept ? "kept" : "EXCEEDED",
  ];
}

function inWords({ of, most, least }: Budget, unit: Figure["unit"]): string {
  const bound = most === undefined ? `≥ ${least ?? ""}` : `≤ ${of === "more" ? "+" : ""}${most}`;
  return `${of === "p99" ? "p99 " : ""}${bound}${of === "ratio" ? "×" : ` ${unit}`}`;
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
