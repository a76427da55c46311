import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WorkspaceError } from "@codex-workspace/core";
import { identify, isAlive } from "./process-identity.ts";
import type { ProcessRecord } from "./state.ts";

/**
 * Lets one command at a time change a workspace. The lock of a process that is gone counts for nothing.
 *
 * @throws WorkspaceError `WORKSPACE_BUSY`, and what `action` throws
 */
export async function withWorkspaceLock<T>(stateRoot: string, name: string, action: () => Promise<T>): Promise<T> {
  const lock = await lockWorkspace(stateRoot, name);
  try {
    return await action();
  } finally {
    await rm(lock, { force: true });
  }
}

/**
 * Lets one command at a time choose a port, and waits for its turn: a choice takes milliseconds.
 *
 * @throws WorkspaceError `WORKSPACE_BUSY`, and what `action` throws
 */
export async function withPortsLock<T>(stateRoot: string, action: () => Promise<T>): Promise<T> {
  const end = performance.now() + choiceDeadlineMs;
  for (;;) {
    try {
      // No workspace has this name: a name begins with a letter or a digit.
      return await withWorkspaceLock(stateRoot, ".ports", action);
    } catch (error) {
      const isHeld = error instanceof WorkspaceError && error.code === "WORKSPACE_BUSY";
      if (!isHeld || performance.now() > end) throw error;
      await delay(pollMs);
    }
  }
}

const choiceDeadlineMs = 10_000;
const pollMs = 20;

async function lockWorkspace(stateRoot: string, name: string): Promise<string> {
  const file = join(stateRoot, "locks", `${name}.lock`);
  const own = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(own, JSON.stringify(await identify(process.pid)), { mode: 0o600 });
  try {
    // A link appears whole or not at all, and refuses to replace.
    while (!(await tryLink(own, file))) await removeStale(file, name);
  } finally {
    await rm(own, { force: true });
  }
  return file;
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

async function removeStale(file: string, name: string): Promise<void> {
  const text = await readFile(file, "utf8").catch(ignoreMissing);
  if (text === undefined) return;
  const holder = JSON.parse(text) as ProcessRecord;
  if (await isAlive(holder)) {
    throw new WorkspaceError(`another command is at work on workspace "${name}" (pid ${holder.pid})`, {
      code: "WORKSPACE_BUSY",
      remedy: "Wait until it has ended, then try again.",
    });
  }
  // Moved aside first: should somebody have been quicker, it is their lock, and goes back.
  const aside = `${file}.stale.${process.pid}`;
  await rename(file, aside).catch(ignoreMissing);
  if ((await readFile(aside, "utf8").catch(ignoreMissing)) !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
