export interface Label {
  readonly label: string;
  readonly value: string;
}

export function toRecord(labels: readonly Label[] = []): Record<string, string> {
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

export function toLabels(record: Readonly<Record<string, string>> | null | undefined): Label[] {
  return Object.entries(record ?? {}).map(([label, value]) => ({ label, value }));
}
