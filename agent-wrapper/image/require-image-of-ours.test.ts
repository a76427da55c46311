import { CODEX_PIN, WorkspaceError } from "@codex-workspace/core";
import { expect, it } from "vitest";
import { wrapperVersion } from "./program.ts";
import { requireImageOfOurs } from "./require-image-of-ours.ts";

const reference = `registry.example.com/codex@sha256:${"0".repeat(64)}`;
const labels = {
  "dev.codex-workspace.version": wrapperVersion(),
  "dev.codex-workspace.codex-version": CODEX_PIN,
  "dev.codex-workspace.context-hash": "1".repeat(64),
};

function refusal(found: Readonly<Record<string, string>>, codexVersion = CODEX_PIN): WorkspaceError | undefined {
  try {
    requireImageOfOurs({ reference, labels: found }, codexVersion);
  } catch (error) {
    if (error instanceof WorkspaceError) return error;
    throw error;
  }
  return undefined;
}

it("takes an image of this release with the planned Codex, whatever else it is labelled with", () => {
  expect(refusal(labels)).toBeUndefined();
  expect(refusal({ ...labels, team: "platform" })).toBeUndefined();
});

it.each(Object.keys(labels))("refuses one without the label %s as not ours, and names it", (name) => {
  for (const found of [{ ...labels, [name]: "" }, without(name)]) {
    expect(refusal(found)).toMatchObject({
      code: "IMAGE_MISMATCH",
      message: `${reference} is not an image of codex-workspace: it has no label ${name}`,
    });
  }
});

it("refuses one of another release with both versions", () => {
  expect(refusal({ ...labels, "dev.codex-workspace.version": "9.8.7" })).toMatchObject({
    code: "IMAGE_MISMATCH",
    message: `${reference} was built by codex-workspace 9.8.7; this is ${wrapperVersion()}`,
    remedy: `Use codex-workspace 9.8.7, or an image that was built by ${wrapperVersion()}.`,
  });
});

it("refuses one with another Codex with both versions", () => {
  expect(refusal(labels, "0.140.0")).toMatchObject({
    code: "CODEX_VERSION_MISMATCH",
    message: `${reference} has Codex ${CODEX_PIN}; the spec wants Codex 0.140.0`,
    remedy: `Set codexVersion to ${CODEX_PIN}, or use an image that was built with Codex 0.140.0.`,
  });
});

function without(name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => label !== name));
}
