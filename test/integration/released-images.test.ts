import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestWorkspace, until } from "../support/workspace.ts";

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const image = { type: "image", url: `data:image/png;base64,${pixel}` };
/** A part of the image that no page of the file can cut at every place. */
const recognized = pixel.slice(30, 70);

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start();
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** Files of the wrapper's state that have the image. Codex's history of the thread is another directory. */
function filesWithImage(): string[] {
  const { state } = workspace.layout;
  const names = readdirSync(state, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  expect(files.filter((file) => file.includes("wrapper.sqlite"))).not.toEqual([]);
  return files.filter((file) => readFileSync(file).includes(recognized));
}

async function released(): Promise<void> {
  await until(() => filesWithImage().length === 0, "the image to leave the disk", 5_000);
}

test("no image of a completed prompt stays on disk, in items and events either", async () => {
  const { id } = await workspace.enqueue([{ type: "text", text: "look" }, image]);
  expect(await workspace.ended(id)).toMatchObject({
    state: "completed",
    input: [{ type: "text" }, { type: "image", mediaType: "image/png", bytes: 70 }],
  });
  await released();
  const { body } = await workspace.get("/v1/sessions/main/items?type=userMessage&order=desc&limit=1");
  const [{ item }] = body["items"] as [{ item: { content: object[] } }];
  expect(item.content.at(-1)).toMatchObject({ type: "image", mediaType: "image/png", bytes: 70 });
  expect(item.content.at(-1)).not.toHaveProperty("url");
  const { messages } = (await workspace.get("/messages")).body as { messages: { content: string }[] };
  expect(messages.map(({ content }) => content)).toContain("look\n[image]");
});

test("no image of a failed prompt stays on disk", async () => {
  const { id } = await workspace.enqueue([{ type: "text", text: "#model: fail 400" }, image]);
  expect(await workspace.ended(id)).toMatchObject({ state: "failed" });
  await released();
});

test("no image of an interrupted prompt stays on disk", async () => {
  const { id } = await workspace.enqueue([{ type: "text", text: "#model: hang" }, image]);
  await until(
    async () => (await workspace.get(`/v1/sessions/main/prompts/${String(id)}`)).body["state"] === "running",
    "the prompt to run",
  );
  expect(filesWithImage()).not.toEqual([]);
  await workspace.post("/v1/sessions/main/interrupt", {});
  expect(await workspace.ended(id)).toMatchObject({ state: "interrupted" });
  await released();
});

test("no image of a cancelled prompt stays on disk", async () => {
  await workspace.post("/v1/sessions/main/queue/pause", {});
  const { id } = await workspace.enqueue([image]);
  expect(filesWithImage()).not.toEqual([]);
  expect((await workspace.delete(`/v1/sessions/main/prompts/${String(id)}`)).status).toBe(200);
  expect(filesWithImage()).toEqual([]);
  await workspace.post("/v1/sessions/main/queue/resume", {});
});

test("no image of a prompt that a crash cut off stays on disk, and a queued one keeps it", async () => {
  const { id } = await workspace.enqueue([{ type: "text", text: "#model: hang" }, image]);
  const { id: queued } = await workspace.enqueue([image, { type: "text", text: "next" }]);
  await until(
    async () => (await workspace.get(`/v1/sessions/main/prompts/${String(id)}`)).body["state"] === "running",
    "the prompt to run",
  );
  await workspace.stop("SIGKILL");
  expect(filesWithImage()).not.toEqual([]);
  await workspace.start();
  await workspace.ready();
  expect(await workspace.ended(id)).toMatchObject({ state: "interrupted" });
  expect(await workspace.ended(queued)).toMatchObject({ state: "completed" });
  expect(JSON.stringify(workspace.model.requests.at(-1))).toContain(pixel);
  await released();
});
