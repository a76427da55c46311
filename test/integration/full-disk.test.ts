import { execFile } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

const run = promisify(execFile);

/** A small file system, mounted on a directory while it is in use. */
class SmallDisk implements AsyncDisposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Throws where this user may mount nothing. */
  static async mount(directory: string, mebibytes = 8): Promise<SmallDisk> {
    await mkdir(directory, { recursive: true });
    await run("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m,mode=700`, "tmpfs", directory]);
    return new SmallDisk(directory);
  }

  /** Writes until nothing more can be written. */
  async fill(): Promise<void> {
    await using file = await open(this.#filling, "w");
    for (let bytes = 8 * 1024 * 1024; bytes >= 1;) {
      try {
        await file.appendFile(Buffer.alloc(bytes));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        bytes /= 2;
      }
    }
  }

  async makeRoom(): Promise<void> {
    await rm(this.#filling);
  }

  get #filling(): string {
    return join(this.#directory, "filling");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", ["--lazy", this.#directory]);
  }
}

/** Why no file system can be mounted here. */
const reason = await (async () => {
  await using workspace = await TestWorkspace.create();
  try {
    const disk = await SmallDisk.mount(workspace.layout.state);
    await disk[Symbol.asyncDispose]();
    return undefined;
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error).trim();
  }
})();
if (reason !== undefined) process.stdout.write(`SKIPPED a full disk: ${reason}\n`);

test.skipIf(reason !== undefined)("with a full disk prompts are 507 and reads go on, and with room both", async () => {
  await using workspace = await TestWorkspace.create();
  await using disk = await SmallDisk.mount(workspace.layout.state);
  await workspace.start();
  await workspace.ready();
  await workspace.ask("while there is room");
  await disk.fill();
  const path = "/v1/sessions/main/prompts";
  const long = "x".repeat(100_000);
  const refused = await workspace.post(path, { input: long });
  expect(refused).toMatchObject({ status: 507, body: { code: "STATE_NOT_WRITABLE" } });
  expect((await workspace.prompt(long)).status).toBe(507);
  const texts = (await workspace.messages()).map(({ content }) => content);
  expect(texts).toEqual(["", "while there is room", "Echo: while there is room"]);
  const { status, body } = await workspace.get(path);
  expect([status, (body["prompts"] as object[]).length]).toEqual([200, 1]);
  expect((await workspace.status())["status"]).toBe("idle");

  await disk.makeRoom();
  const { id } = await workspace.enqueue("with room again");
  expect(await workspace.ended(id)).toMatchObject({ state: "completed", finalMessage: "Echo: with room again" });
  expect(await workspace.messages()).toHaveLength(5);
  expect(workspace.model.requests.filter(({ purpose }) => purpose === "turn")).toHaveLength(2);
});

test.skipIf(reason !== undefined)("a turn that ends while the disk is full has ended for good", async () => {
  await using workspace = await TestWorkspace.create();
  await using disk = await SmallDisk.mount(workspace.layout.state);
  await workspace.start();
  await workspace.ready();
  const { id } = await workspace.enqueue(`#model: wait 1s\n#model: say ${"y".repeat(100_000)}`);
  await workspace.model.waitForRequest(1);
  await disk.fill();
  const ended = { state: "completed", finalMessage: "y".repeat(100_000) };
  expect(await workspace.ended(id)).toMatchObject(ended);
  expect((await workspace.enqueue("more").catch(String)) as string).toContain("STATE_NOT_WRITABLE");
  await disk.makeRoom();
  await workspace.stop();
  await workspace.start();
  await workspace.ready();
  expect(await workspace.ended(id)).toMatchObject(ended);
});

test.skipIf(reason !== undefined)("Codex starts by itself once its full disk has room", async () => {
  await using workspace = await TestWorkspace.create();
  await using disk = await SmallDisk.mount(workspace.layout.codexHome, 64);
  await disk.fill();
  await workspace.start();
  const readiness = async (): Promise<unknown> =>
    (await workspace.get("/readyz").catch(() => undefined))?.body["state"];
  await until(async () => (await readiness()) === "failed", "the start to fail");
  await disk.makeRoom();
  await until(async () => (await readiness()) === "ready", "another start");
  expect(await workspace.ask("with room")).toBe("Echo: with room");
});
