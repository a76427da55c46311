/** The wrapper's log, a JSON object a line, as lines for a person; other lines stay as they are. */
export function showLogLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(showLine);
}

const levels: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};

function showLine(line: string): string {
  const entry = parse(line);
  if (entry === undefined) return line;
  const { level, msg, time, err, ...rest } = entry;
  const known = ["action", "reason", "problem", "how", "key", "remedy"].flatMap((key) =>
    key in rest ? [String(rest[key])] : [],
  );
  const cause = (err as { message?: unknown } | undefined)?.message;
  const said = [msg, ...known, cause === msg ? undefined : cause].filter((part) => part !== undefined && part !== "");
  return `${typeof time === "string" ? time : ""} ${levels[level as number] ?? String(level)}: ${said.map(String).join(": ")}`.trim();
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "msg" in value ? value : undefined;
  } catch {
    return undefined;
  }
}
