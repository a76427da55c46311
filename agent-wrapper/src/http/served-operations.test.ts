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

interface Layer {
  /** Where a router is mounted. */
  readonly rawPath: unknown;
  readonly route?: { readonly path: string | readonly string[]; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** `GET /status` for each route of an app, `_ALL /status` where the route itself looks at the method. */
function servedBy({ router }: Express): string[] {
  const walk = (layers: readonly Layer[], mount: string): string[] =>
    layers.flatMap(({ route, handle, rawPath }) => {
      if (route === undefined) return walk(handle.stack ?? [], rawPath === "/" ? mount : mount + String(rawPath));
      const paths = [route.path].flat().map((path) => mount + path.replace("*rest", "*"));
      return Object.keys(route.methods).flatMap((method) => paths.map((path) => `${method.toUpperCase()} ${path}`));
    });
  return walk((router as unknown as { readonly stack: readonly Layer[] }).stack, "");
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
  const app = createApp({
    gate: new Gate({ hosts: [], origins: [], auth: "token" }, () => []),
    origins: [],
    webDirectory,
    sessions: nothing,
    store: nothing,
    terminals: { of: () => nothing } as never,
    uploads: nothing,
    metrics: nothing,
    readiness: nothing,
    workspaceStatus: nothing,
    logger: pino({ enabled: false }),
  });
  rmSync(webDirectory, { recursive: true });
  return servedBy(app);
}

const served = servedByOurApp();
const everything = { name: "all", scopes: tokenScopes, token: undefined };

test("there are routes", () => {
  expect(served).toContain("_ALL /status");
});

test.each(served)("%s has a rule of who may do it (add it to access/operations.ts)", (route) => {
  const [method = "", path = ""] = route.split(" ");
  const { kind } = authorize({ method, path, isUpgrade: false }, everything);
  expect(kind).toBe(method === "_ALL" && kind !== "unknown-path" ? kind : "allowed");
});

test.each(described.map(({ method, path }) => `${method.toUpperCase()} ${path}`))(
  "%s of the OpenAPI document has one too",
  (row) => {
    const [method = "", path = ""] = row.split(" ");
    expect(authorize({ method, path, isUpgrade: false }, everything).kind).toBe("allowed");
  },
);

test("every rule is of something that is served", () => {
  const pathsOf = (rows: readonly string[]): string[] => rows.map((row) => row.slice(row.indexOf(" ") + 1));
  const ruled = pathsOf(operations.filter(({ stays }) => stays !== "socket").map(({ operation }) => operation));
  const ofRelease = /^\/openapi/;
  expect(ruled.filter((path) => !pathsOf(served).includes(path) && !ofRelease.test(path))).toEqual([]);
});
