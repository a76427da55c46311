import { chown, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { containerUsers, WorkspaceError, type WrapperConfig } from "@codex-workspace/core";
import type { RunAs } from "../codex/run-as.ts";
import { runOnce } from "../codex/run-once.ts";

/** Who runs what, with directories that are theirs. */
export interface Users {
  readonly codex: RunAs;
  readonly terminal: RunAs;
  /** What a person should know of it, each a sentence. */
  readonly warnings: readonly string[];
}

/**
 * Decides the users and gives each its home. In a container Codex runs as the owner of the project directory, or as
 * uid 1000 where that is root; the home volume is handed over when it belonged to another.
 *
 * @throws WorkspaceError `USERS_CLASH`
 */
export async function prepareUsers({ users, paths, ownsWorkdir }: WrapperConfig): Promise<Users> {
  if (users === "single") {
    await mkdir(paths.workdir, { recursive: true });
    await mkdir(paths.terminalHome, { recursive: true, mode: 0o700 });
    return { codex: { kind: "self" }, terminal: { kind: "self" }, warnings: [] };
  }
  const { uid: owner } = await stat(paths.workdir);
  const codexUid = owner === 0 ? containerUsers.codex : owner;
  if (codexUid === containerUsers.terminal) {
    throw new WorkspaceError(`${paths.workdir} belongs to uid ${codexUid}, which is the terminal's own`, {
      code: "USERS_CLASH",
      remedy: "Give the project directory to another user.",
    });
  }
  if (owner === 0 && ownsWorkdir) await chown(paths.workdir, codexUid, codexUid);
  await giveHome(dirname(paths.codexHome), codexUid);
  await giveHome(dirname(paths.terminalHome), containerUsers.terminal);
  const readOnlyProject = owner === 0 && !ownsWorkdir;
  return {
    codex: { kind: "uid", uid: codexUid },
    terminal: { kind: "uid", uid: containerUsers.terminal },
    warnings: readOnlyProject
      ? [
          `The project directory belongs to root, so the agent (uid ${codexUid}) may only read it: chown it to change that.`,
        ]
      : [],
  };
}

/** Makes `home` the directory of `uid`, with all that is in it. */
async function giveHome(home: string, uid: number): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const { uid: owner } = await stat(home);
  if (owner === uid) return;
  if (owner === 0) {
    await chown(home, uid, uid);
    return;
  }
  // We hold no capability to look into others' directories: whoever owned it hands it over.
  const id = String(owner);
  const asOwner = ["--reuid", id, "--regid", id, "--clear-groups", "--inh-caps=-all,+chown", "--ambient-caps=+chown"];
  const { exitCode, stderr } = await runOnce("setpriv", [...asOwner, "chown", "-RhP", `${uid}:${uid}`, home], asRoot);
  if (exitCode !== 0) throw new Error(`the home directory ${home} could not be given to uid ${uid}: ${stderr.trim()}`);
}

const asRoot = { runAs: { kind: "self" }, cwd: "/", env: { PATH: "/usr/bin:/bin" }, deadlineMs: 300_000 } as const;
