import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { operations as described } from "@codex-workspace/api";
import { tokenScopes } from "@codex-workspace/core";
import type { Express } from "express";
import { pino } from "pino";
import { expect, test } from "vitest";
import { authorize } from "./access/authorize.ts";
import { Gate } from "./access/gate.ts";
import { operations } from "./access/operations.ts";
import { createApp } from "./app.ts";
import { type ListenerParts, readsOf } from "./listener.ts";

interface Layer {
  /** Where a router is mounted. */
  readonly rawPath: unknown;
  readonly route?: { readonly path: string | readonly string[]; readonly stack: readonly Layer[] };
  readonly handle: { readonly stack?: readonly Layer[]; readonly methods?: readonly string[] };
}

/** `GET /status` for each route of an app, `ALL /chat` where a route answers every method. */
function servedBy({ router }: Express): string[] {
  const walk = (layers: readonly Layer[], mount: string): string[] =>
    layers.flatMap(({ route, handle, rawPath }) => {
      if (route === undefined) return walk(handle.stack ?? [], rawPath === "/" ? mount : mount + String(rawPath));
      const methods = route.stack[0]?.handle.methods ?? ["ALL"];
      const paths = [route.path].flat().map((path) => toPath(mount + path));
      return paths.flatMap((path) => methods.map((method) => `${method} ${path}`));
    });
  return walk((router as unknown as { readonly stack: readonly Layer[] }).stack, "");
}

/** Express's `:session` is OpenAPI's `{session}`. */
function toPath(path: string): string {
  return path.replace("*rest", "*").replace(/:(\w+)/g, "{$1}");
}

/** One of each kind, as a release has many. */
const pages = ["openapi.json", "chat/embed.html", "docs/index.html", "docs/viewer.js", "schemas/Status.json"];

function servedByOurApp(): string[] {
  const webDirectory = mkdtempSync(join(tmpdir(), "codex-workspace-"));
  for (const page of pages) {
    mkdirSync(join(webDirectory, dirname(page)), { recursive: true });
    writeFileSync(join(webDirectory, page), "");
  }
  // Routes are looked at and not asked: what they would serve is not needed.
  const nothing = {} as never;
  const parts: ListenerParts = {
    gate: new Gate({ hosts: [], origins: [], auth: "token", limits: { changesPerMinute: 1, streams: 1 } }, () => []),
    origins: [],
    webDirectory,
    sessions: { main: nothing } as never,
    store: nothing,
    terminals: { of: () => nothing } as never,
    uploads: nothing,
    limits: nothing,
    metrics: nothing,
    readiness: nothing,
    workspaceStatus: nothing,
    logger: pino({ enabled: false }),
  };
  const served = servedBy(createApp(parts));
  rmSync(webDirectory, { recursive: true });
  const { forAnybody, admitted } = readsOf(parts);
  return [...forAnybody.keys(), ...admitted.keys(), ...served];
}

const served = servedByOurApp();
const everything = { name: "all", scopes: tokenScopes, token: undefined };

/** What a workspace has beside its operations: pages, documents, and what AgentAPI's own programs use. */
const isBeside = (row: string): boolean =>
  / \/($|chat|docs|schemas\/|openapi|internal\/)/.test(row) || row.startsWith("HEAD ");

test("what is served is what the OpenAPI documents describe, method by method", () => {
  const rows = described.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(served.filter((row) => !isBeside(row)).sort()).toEqual(rows.sort());
});

test("the gate has a rule for each of these, and for nothing else", () => {
  const rules = operations.map(({ operation }) => operation as string);
  expect(rules.filter((row) => !isBeside(row)).sort()).toEqual(served.filter((row) => !isBeside(row)).sort());
});

test.each(served.filter((row) => isBeside(row) && !row.startsWith("HEAD ")))("%s has a rule too", (row) => {
  const [method = "", path = ""] = row.split(" ");
  expect(authorize({ method, path, isUpgrade: false }, everything).kind).toBe("allowed");
});

test("every rule is of something that is served", () => {
  const pathsOf = (rows: readonly string[]): string[] => rows.map((row) => row.slice(row.indexOf(" ") + 1));
  const ruled = pathsOf(operations.map(({ operation }) => operation));
  const ofRelease = /^\/openapi/;
  expect(ruled.filter((path) => !pathsOf(served).includes(path) && !ofRelease.test(path))).toEqual([]);
});
