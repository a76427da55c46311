/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** A TEXT column, which may be NULL. */
export function textOf(row: Row, column: string): string | undefined {
  return (row[column] as string | null) ?? undefined;
}

/** A column of JSON text, which may be NULL. */
export function jsonOf(row: Row, column: string): unknown {
  const text = textOf(row, column);
  return text === undefined ? undefined : JSON.parse(text);
}
