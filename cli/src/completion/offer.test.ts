import { expect, test } from "vitest";
import type { CliContext } from "../context.ts";
import { createProgram } from "../program.ts";
import { offerFor } from "./offer.ts";
import { fromBashWords, toLines } from "./shells.ts";

/** What is offered for the last word. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const workspaceNames = (): Promise<string[]> => Promise.resolve(["app", "site"]);
  const grantNames = (): Promise<string[]> => Promise.resolve(["github", "packages"]);
  const offer = await offerFor(createProgram({} as CliContext, "1.2.3"), words, { workspaceNames, grantNames });
  return toLines(offer).map((line) => line.split("\t")[0] ?? "");
}

test("commands, those below another one, and nothing after the last argument but options", async () => {
  expect(await offered("st")).toEqual(["status"]);
  expect(await offered("config", "")).toEqual(["render", "explain", "check"]);
  expect(await offered("down", "")).toEqual(["--name", "--volumes", "--json", "--debug", "--help"]);
  expect(await offered("nonsense", "--")).toEqual(["--version", "--help"]);
});

test("options, and the values of those that have a list of them", async () => {
  expect(await offered("config", "render", "--o")).toEqual(["--out"]);
  expect(await offered("up", "--engine", "")).toEqual(["auto", "docker", "local"]);
  expect(await offered("config", "check", "--engine", "")).toEqual(["docker", "local"]);
  expect(await offered("up", "--engine=l")).toEqual(["--engine=local"]);
  expect(await offered("logs", "m")).toEqual(["model-gateway"]);
  expect(await offered("logs", "--name", "app", "")).toEqual(["workspace", "model-gateway", "egress-proxy"]);
  expect(await offered("messages", "--u")).toEqual(["--url"]);
  expect(await offered("trace", "--d")).toEqual(["--denied", "--debug"]);
  expect(await offered("trace", "--since", "")).toEqual([]);
  expect(await offered("up", "--full-auto", "")).toEqual(["true", "false"]);
  expect(await offered("up", "--full-auto", "--noy")).toEqual(["--noyolo"]);
});

test("names of workspaces and grants, files and directories where they are meant", async () => {
  expect(await offered("send", "--name", "")).toEqual(["app", "site"]);
  expect(await offered("send", "--name=a")).toEqual(["--name=app"]);
  expect(await offered("revoke", "p")).toEqual(["packages"]);
  expect(await offered("grant", "o")).toEqual(["openai"]);
  expect(await offered("up", "--spec", "te")).toEqual([":files"]);
  expect(await offered("send", "--token-file", "")).toEqual([":files"]);
  expect(await offered("config", "render", "--out", "")).toEqual([":directories"]);
  expect(await offered("up", "--json", "")).toEqual([":directories"]);
});

test("nothing for what nobody can know: prompts, ports, addresses, what follows --", async () => {
  expect(await offered("send", "")).toEqual([]);
  expect(await offered("up", "--port", "")).toEqual([]);
  expect(await offered("attach", "--url", "")).toEqual([]);
  expect(await offered("send", "--", "--na")).toEqual([]);
});

test("the words of bash are put together where it parts them at =", () => {
  expect(fromBashWords(["up", "--engine", "=", "do"])).toEqual(["up", "--engine", "do"]);
  expect(fromBashWords(["up", "--engine", "="])).toEqual(["up", "--engine", ""]);
  expect(fromBashWords(["send", "="])).toEqual(["send", "="]);
});
