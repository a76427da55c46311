import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawRequest } from "../support/raw-http.ts";
import { authorized, TestWorkspace, token, until } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start();
});
afterAll(() => workspace[Symbol.asyncDispose]());

interface Part {
  readonly name?: string;
  readonly content?: string | Uint8Array<ArrayBuffer>;
}

const upload = async (...parts: Part[]): Promise<{ status: number; body: Record<string, unknown> }> => {
  const form = new FormData();
  for (const { name = "note.txt", content = "hello" } of parts) form.append("file", new File([content], name));
  return post(form);
};
const post = async (form: FormData): Promise<{ status: number; body: Record<string, unknown> }> => {
  const answer = await fetch(`${workspace.url}/upload`, { method: "POST", headers: authorized, body: form });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
/** A form written by hand: what no client writes. */
const postRaw = async (lines: readonly string[], type = "multipart/form-data; boundary=x") => {
  const body = lines.join("\r\n");
  const head = ["POST /upload HTTP/1.1", "Host: localhost", `Authorization: Bearer ${token}`, `Content-Type: ${type}`];
  const answer = await rawRequest(
    workspace.layout.listen.port,
    [...head, `Content-Length: ${Buffer.byteLength(body)}`],
    body,
  );
  return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
};
const disposition = (rest: string): string => `Content-Disposition: form-data; name="file"; ${rest}`;
const stored = (): Promise<string[]> => readdir(workspace.layout.uploads).then((names) => names.sort());

test("a file is where the answer says, by the first 16 hex digits of its SHA-256", async () => {
  const content = randomBytes(1000);
  const { status, body } = await upload({ name: "data.bin", content });
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const filePath = join(workspace.layout.uploads, hash, "data.bin");
  expect([status, body]).toEqual([
    200,
    { $schema: `${workspace.url}/schemas/UploadResponseBody.json`, ok: true, filePath },
  ]);
  expect(await readFile(filePath)).toEqual(content);
});

test("the agent reads it and cannot change it", async () => {
  const { body } = await upload({ content: "for the agent" });
  const path = String(body["filePath"]);
  expect(await workspace.ask(`#model: run cat ${path}`)).toContain("for the agent");
  expect(await workspace.mayWrite(join(dirname(path), "other"))).toBe(false);
});

test.each([
  ["10 MiB exactly", 10 * 1024 * 1024],
  ["nothing at all", 0],
])("a file of %s is taken", async (_, size) => {
  const { status, body } = await upload({ content: new Uint8Array(size) });
  expect(status).toBe(200);
  expect((await stat(String(body["filePath"]))).size).toBe(size);
});

describe("a file name", () => {
  const nameOf = async (given: string): Promise<string> => {
    const { status, body } = await postRaw(["--x", disposition(`filename="${given}"`), "", "content", "--x--", ""]);
    expect(status).toBe(200);
    return basename(String(body["filePath"]));
  };

  test.each([
    ["../../etc/passwd", "passwd"],
    ["/etc/passwd", "passwd"],
    ["dir/", "dir"],
    [String.raw`C:\\dir\\a.txt`, String.raw`C:\dir\a.txt`],
    ["ümläut 漢字 .txt", "ümläut 漢字 .txt"],
    [".hidden", ".hidden"],
    [`${"x".repeat(251)}.txt`, `${"x".repeat(251)}.txt`],
  ])("%s is %s", async (given, name) => {
    expect(await nameOf(given)).toBe(name);
  });

  test.each(["..", ".", "a/..", "/", `${"x".repeat(252)}.txt`])("%s is refused", async (given) => {
    const before = await stored();
    const { status, body } = await postRaw(["--x", disposition(`filename="${given}"`), "", "new", "--x--", ""]);
    expect([status, body["errors"]]).toEqual([
      422,
      [{ message: "expected a file name of at most 255 bytes", location: "file", value: given }],
    ]);
    expect(await stored()).toEqual(before);
  });
});

describe("a form that is refused leaves nothing", () => {
  const refused = async (answer: Promise<{ status: number; body: Record<string, unknown> }>): Promise<unknown[]> => {
    const before = await stored();
    const { status, body } = await answer;
    expect(await stored()).toEqual(before);
    expect(body["$schema"]).toBe(`http://${new URL(String(body["$schema"])).host}/schemas/ErrorModel.json`);
    return [status, body["detail"], body["errors"]];
  };
  const invalid = (location: string, message: string): unknown[] => [422, "validation failed", [{ message, location }]];

  test("no file", async () => {
    const form = new FormData();
    form.append("file", "a text, no file");
    form.append("other", new File(["x"], "x"));
    expect(await refused(post(form))).toEqual(invalid("file", "File required"));
  });

  test("two files", async () => {
    const message = "Multiple files received but only one was expected";
    expect(await refused(upload({ content: "one" }, { content: "two" }))).toEqual(invalid("file", message));
  });

  test("one byte more than 10 MiB", async () => {
    const content = new Uint8Array(10 * 1024 * 1024 + 1);
    expect(await refused(upload({ content }))).toEqual([400, "file size exceeds 10MB limit", undefined]);
  });

  test.each([
    ["application/json", "request Content-Type isn't multipart/form-data"],
    ["multipart/form-data", "no multipart boundary param in Content-Type"],
  ])("%s", async (type, why) => {
    expect(await refused(postRaw(["{}"], type))).toEqual(invalid("body", `cannot read multipart form: ${why}`));
  });

  test.each([
    ["ends within the file", ["--x", disposition('filename="a"'), "", "half"]],
    ["ends within a header", ["--x", "Content-Disposition: form-da"]],
    ["has no part", ["nothing"]],
    ["has another boundary", ["--y", disposition('filename="a"'), "", "half", "--y--"]],
  ])("one that %s", async (_, lines) => {
    const [status, detail, errors] = (await refused(postRaw(lines))) as [number, string, { message: string }[]];
    expect([status, detail]).toEqual([422, "validation failed"]);
    expect(errors[0]?.message).toMatch(/^(cannot read multipart form: |File required$)/);
  });

  test("one whose sender goes away", async () => {
    const before = await stored();
    const socket = connect(workspace.layout.listen.port, "127.0.0.1");
    const head = ["POST /upload HTTP/1.1", "Host: localhost", `Authorization: Bearer ${token}`];
    head.push("Content-Type: multipart/form-data; boundary=x", "Content-Length: 1000000", "");
    socket.write([...head, "--x", disposition('filename="a"'), "", "half".repeat(10_000)].join("\r\n"));
    await until(async () => (await stored()).length > before.length, "the file to come");
    socket.destroy();
    await until(async () => (await stored()).length === before.length, "the file to go");
  });
});

test("files survive a restart; what had not come whole does not", async () => {
  await using own = await TestWorkspace.start();
  const { body } = await own.upload("kept.txt", "kept");
  const filePath = String(body["filePath"]);
  await own.stop("SIGKILL");
  await writeFile(join(own.layout.uploads, ".unfinished-1"), "half");
  await own.start();
  await own.ready();
  expect(await readFile(filePath, "utf8")).toBe("kept");
  expect(await readdir(own.layout.uploads)).toEqual([basename(dirname(filePath))]);
});
