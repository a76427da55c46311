import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { followFile } from "./follow-file.ts";

test("a file is read from where we say, then as it grows, up to what was written last", async () => {
  const directory = await mkdtemp(join(tmpdir(), "codex-workspace-"));
  const path = join(directory, "log");
  await writeFile(path, "old\nnew\n");
  let asked = 0;
  const goesOn = async (): Promise<boolean> => {
    asked += 1;
    if (asked === 2) await appendFile(path, "later\n");
    return asked < 2;
  };

  let text = "";
  for await (const chunk of followFile(path, { from: 4, goesOn })) text += Buffer.from(chunk).toString();

  expect(text).toBe("new\nlater\n");
  await rm(directory, { recursive: true });
});
