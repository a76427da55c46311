import { configFiles, type RenderedFile } from "@codex-workspace/core";
import { hashOf } from "../hash.ts";

/** tokens.json, where the API needs tokens: the one file that a running wrapper reads again. */
export function tokensAmong(files: readonly RenderedFile[]): RenderedFile[] {
  return files.filter(({ path }) => path === configFiles.tokens);
}

/** All that needs a restart when it changes. */
export function withoutTokens(files: readonly RenderedFile[]): RenderedFile[] {
  return files.filter(({ path }) => path !== configFiles.tokens);
}

export function hashOfTokens(files: readonly RenderedFile[]): string {
  return hashOf(...tokensAmong(files).map(({ content }) => content));
}
