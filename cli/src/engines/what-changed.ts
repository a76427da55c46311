import { configFiles, type RenderedFile } from "@codex-workspace/core";
import { hashOf } from "../hash.ts";

/** What runs, so that the next `up` can tell what has changed since. */
export interface WorkspaceHashes {
  readonly planHash: PlanHash;
  /** Of the configuration that a running wrapper reloads, secrets included. */
  readonly filesHash: string;
  /** Of the API's tokens and, with gateways, the model key: they are exchanged without a reload. */
  readonly tokensHash: string;
}

/** Of each part, by its name, that only a new container or process can take on. */
export type PlanHash = Readonly<Record<string, string>>;

export function hashParts(parts: Readonly<Record<string, unknown>>): PlanHash {
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, hashOf(JSON.stringify(part ?? null, leaveOutOfParts))]),
  );
}

/** Labels and image are parts of their own, whatever else they are on. */
function leaveOutOfParts(key: string, value: unknown): unknown {
  return key === "labels" || key === "image" ? undefined : value;
}

/** @param before - of what runs, where that is known */
export function isSamePlan(before: PlanHash | undefined, now: PlanHash): boolean {
  return before !== undefined && changedParts(before, now).length === 0;
}

/** Why a workspace that runs is replaced. */
export function whyReplaced(before: PlanHash | undefined, now: PlanHash): string {
  if (before === undefined) return "an earlier up did not come to its end";
  const changed = changedParts(before, now);
  return changed.length === 0 ? "a part of it is missing" : `changed: ${changed.join(", ")}`;
}

/** The names of the parts that are others, or that one of both has alone. */
function changedParts(before: PlanHash, now: PlanHash): string[] {
  return Object.keys({ ...before, ...now }).filter((name) => before[name] !== now[name]);
}

/** Why it is not. */
export const whyReloaded = "only the configuration changed: it is reloaded where it runs";

export function hashOfFiles(files: readonly RenderedFile[]): string {
  const reloaded = files.filter(({ path }) => path !== configFiles.tokens);
  return hashOf(...reloaded.flatMap(({ path, content }) => [path, content]));
}

/** tokens.json, where the API needs tokens. */
export function tokensAmong(files: readonly RenderedFile[]): RenderedFile[] {
  return files.filter(({ path }) => path === configFiles.tokens);
}

export function hashOfTokens(files: readonly RenderedFile[]): string {
  return hashOf(...tokensAmong(files).map(({ content }) => content));
}
