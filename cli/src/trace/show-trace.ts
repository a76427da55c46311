import { remedyOf } from "./remedy-of.ts";
import type { TracedRequest } from "./read-trace.ts";

/** Requests as rows of a table. Of those that come later, one may make the column of hosts wider. */
export class TraceTable {
  #hostWidth: number;

  constructor(known: readonly TracedRequest[]) {
    this.#hostWidth = known.reduce((width, request) => Math.max(width, showHost(request).length), usualHostWidth);
  }

  header(): string {
    return this.#row(["TIME", "DECISION", "METHOD", "SENT", "RECEIVED", "SECONDS", "HOST", "RULE"]);
  }

  row(request: TracedRequest): string {
    const { time, decision, method, sentBytes, receivedBytes, seconds, failure } = request;
    const rule = failure === undefined ? request.rule : `${request.rule}, ${failure}`;
    const remedy = remedyOf(request);
    return this.#row([
      `${new Date(time * 1000).toISOString().slice(0, 19)}Z`,
      decision,
      method,
      showBytes(sentBytes),
      showBytes(receivedBytes),
      seconds.toFixed(seconds < 10 ? 2 : 0),
      showHost(request),
      remedy === undefined ? rule : `${rule}: ${remedy}`,
    ]);
  }

  #row([time, decision, method, sent, received, seconds, host, rule]: Cells): string {
    this.#hostWidth = Math.max(this.#hostWidth, host.length);
    const numbers = sent.padStart(8) + received.padStart(10) + seconds.padStart(9);
    return `${time.padEnd(22)}${decision.padEnd(10)}${method.padEnd(7)}${numbers}  ${host.padEnd(this.#hostWidth)}  ${rule}`;
  }
}

const usualHostWidth = "registry.npmjs.org:443".length;

/** Who was asked: the gateway itself, where that leads nowhere. */
export function showHost({ gateway, host, port }: TracedRequest): string {
  return host === "" ? gateway : `${host}:${port}`;
}

type Cells = readonly [string, string, string, string, string, string, string, string];

function showBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power] ?? ""}`;
}
