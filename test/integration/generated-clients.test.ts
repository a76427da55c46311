import { createConfig, lint } from "@redocly/openapi-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientGenerator, GeneratedClient, heyApi, openApiTypescript } from "../support/generated-client.ts";
import { TestWorkspace, token } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start();
  await workspace.stable();
});
afterAll(() => workspace[Symbol.asyncDispose]());

const documents = ["/openapi.json", "/openapi-3.0.json"];

/** Programs that send the smallest bodies, list with two values of one parameter, and read a stream. */
const programs: readonly (readonly [name: string, generator: ClientGenerator, program: string])[] = [
  [
    "openapi-typescript with openapi-fetch",
    openApiTypescript,
    `
    import createClient from "openapi-fetch";
    import type { paths } from "./generated/schema.ts";

    export async function run(baseUrl: string, token: string) {
      const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } });
      const created = await client.POST("/v1/sessions", { body: {} });
      if (created.data === undefined) throw new Error(created.error.detail);
      const path = { session: created.data.name };
      const events = await client.GET("/v1/sessions/{session}/events", { params: { path, query: { after: 0 } }, parseAs: "stream" });
      const sent = await client.POST("/v1/sessions/{session}/prompts", { params: { path }, body: { input: "hello" } });
      if (sent.data === undefined) throw new Error(sent.error.detail);
      const prompt = await client.GET("/v1/sessions/{session}/prompts/{prompt}", {
        params: { path: { ...path, prompt: sent.data.id }, query: { wait: 30 } },
      });
      const listed = await client.GET("/v1/sessions/{session}/prompts", {
        params: { path, query: { state: ["completed", "failed"] } },
      });
      let text = "";
      const reader = events.data?.pipeThrough(new TextDecoderStream()).getReader();
      while (reader && !text.includes("turn/completed")) text += (await reader.read()).value ?? "";
      await reader?.cancel();
      const unknown = await client.GET("/v1/sessions/{session}", { params: { path: { session: "nothing" } } });
      const { data: { status } = {} } = await client.GET("/status");
      return {
        state: prompt.data?.state,
        message: prompt.data?.finalMessage,
        isListed: listed.data?.prompts.map(({ id }) => id).includes(sent.data.id),
        hasEvents: text.includes("event: turn/completed"),
        unknown: unknown.error?.code,
        status,
      };
    }
    `,
  ],
  [
    "@hey-api/openapi-ts",
    heyApi,
    `
    import { createClient } from "./generated/client";
    import * as api from "./generated";

    export async function run(baseUrl: string, token: string) {
      const client = createClient({ baseUrl, auth: ({ scheme }) => (scheme === "bearer" ? token : undefined) });
      const { data: { name } } = await api.createSession({ client, body: {}, throwOnError: true });
      const path = { session: name };
      const { stream } = await api.subscribeSessionEvents({ client, path, query: { after: 0 } });
      const sent = await api.sendPrompt({ client, path, body: { input: "hello" }, throwOnError: true });
      const prompt = await api.getPrompt({
        ...{ client, path: { ...path, prompt: sent.data.id }, query: { wait: 30 }, throwOnError: true },
      });
      const listed = await api.listPrompts({ client, path, query: { state: ["completed", "failed"] } });
      let hasEvents = false;
      for await (const event of stream) {
        hasEvents = JSON.stringify(event).includes("completed");
        if (hasEvents) break;
      }
      const unknown = await api.getSession({ client, path: { session: "nothing" } });
      const { data: { status } } = await api.getStatus({ client, throwOnError: true });
      return {
        state: prompt.data?.state,
        message: prompt.data?.finalMessage,
        isListed: listed.data?.prompts.map(({ id }) => id).includes(sent.data.id),
        hasEvents,
        unknown: unknown.error?.code,
        status,
      };
    }
    `,
  ],
];

describe.each(documents)("a client of %s", (document) => {
  test.each(programs)("by %s compiles strictly and works", async (_, generator, program) => {
    await using client = await GeneratedClient.generate(generator, workspace.url + document);
    expect(await client.compile(program)).toEqual([]);
    expect(await client.run(workspace.url, token)).toEqual({
      state: "completed",
      message: "Echo: hello",
      isListed: true,
      hasEvents: true,
      unknown: "SESSION_NOT_FOUND",
      status: "stable",
    });
  });

  test.each(programs)("by %s rejects a prompt without input", async (_, generator, program) => {
    await using client = await GeneratedClient.generate(generator, workspace.url + document);
    const wrong = program.replace('body: { input: "hello" }', "body: {}");
    expect(await client.compile(wrong)).toEqual([expect.stringContaining("'input' is missing")]);
  });
});

test.each(documents)("%s keeps Redocly's recommended rules", async (document) => {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lint({ ref: workspace.url + document, config });
  // AgentAPI, too, defines this schema and hides the operation that uses it.
  expect(problems.map(({ message }) => message)).toEqual(['Component: "ScreenUpdateBody" is never used.']);
});
