import { afterAll, beforeAll, expect, test } from "vitest";
import { authorized, TestWorkspace } from "../support/workspace.ts";

const MiB = 1024 ** 2;
let workspace: TestWorkspace;

beforeAll(async () => {
  const limits = { changesPerMinute: 20, streams: 1, promptMiB: 2, uploadMiB: 1, allUploadsMiB: 2 };
  workspace = await TestWorkspace.start({ api: { limits } });
});
afterAll(() => workspace[Symbol.asyncDispose]());

test("one file, and all files together, have the size that they may have", async () => {
  const whole = "x".repeat(MiB);
  const tooLarge = await workspace.upload("large.txt", `${whole}x`);
  expect([tooLarge.status, tooLarge.body["detail"]]).toEqual([400, "file size exceeds 1MB limit"]);
  expect((await workspace.upload("fits.txt", whole)).status).toBe(200);
  const beyond = await workspace.upload("another.txt", whole.replaceAll("x", "y"));
  expect([beyond.status, beyond.body["code"]]).toEqual([507, "UPLOADS_FULL"]);
});

test("a prompt's body stays below its size", async () => {
  const prompt = JSON.stringify({ input: "hello" });
  const path = "/v1/sessions/main/prompts";
  const tooLarge = await workspace.post(path, prompt.padEnd(2 * MiB));
  expect([tooLarge.status, tooLarge.body["detail"]]).toEqual([413, `request body is too large limit=${2 * MiB} bytes`]);
  expect((await workspace.post(path, prompt.padEnd(2 * MiB - 1))).status).toBe(202);
});

test("a token holds so many streams open, and changes something so often", async () => {
  const leaving = new AbortController();
  const stream = await fetch(`${workspace.url}/events`, { headers: authorized, signal: leaving.signal });
  const another = await workspace.get("/events");
  expect([stream.status, another.status, another.body["code"]]).toEqual([200, 429, "TOO_MANY_STREAMS"]);
  leaving.abort();

  // A minute that ends meanwhile begins the count anew, once.
  const refused = async (): Promise<boolean> =>
    (await workspace.post("/v1/tickets", {})).body["code"] === "TOO_MANY_REQUESTS";
  let sent = 1;
  while (!(await refused()) && sent < 41) sent++;
  expect(sent).toBeLessThan(41);
});
