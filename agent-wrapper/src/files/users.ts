import { chmod, chown, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { containerUsers, WorkspaceError, type WrapperConfig } from "@codex-workspace/core";
import { rootEnvironment, type RunAs } from "../codex/run-as.ts";
import { runOnce } from "../codex/run-once.ts";

/** Who runs what, with directories that are theirs. */
export interface Users {
  readonly codex: RunAs;
  readonly terminal: RunAs;
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
    return { codex: { kind: "self" }, terminal: { kind: "self" } };
  }
  const { uid: owner } = await stat(paths.workdir);
  const codexUid = owner === 0 ? containerUsers.codex : owner;
  const { terminal, modelGateway, egressProxy } = containerUsers;
  if ([terminal, modelGateway, egressProxy].some((reserved) => reserved === codexUid)) {
    throw new WorkspaceError(`${paths.workdir} belongs to uid ${codexUid}, which is reserved for another user`, {
      code: "USERS_CLASH",
      remedy: "Give the project directory to another user.",
    });
  }
  if (owner === 0 && ownsWorkdir) await chown(paths.workdir, codexUid, codexUid);
  await giveHome(dirname(paths.codexHome), codexUid);
  await giveHome(dirname(paths.terminalHome), containerUsers.terminal);
  return { codex: { kind: "uid", uid: codexUid }, terminal: { kind: "uid", uid: containerUsers.terminal } };
}

/**
 * Under workspace-write Codex's sandbox makes mount points in the project: without writing it, no command runs. Returns
 * what a person should know of it, each a sentence.
 *
 * @throws WorkspaceError `PROJECT_NOT_WRITABLE`
 */
export async function requireWritableProject({ paths, session }: WrapperConfig, { codex }: Users): Promise<string[]> {
  const { exitCode } = await runOnce("/usr/bin/test", ["-w", paths.workdir], { ...asRoot, runAs: codex });
  if (exitCode === 0) return [];
  const who = codex.kind === "uid" ? `the agent's uid ${codex.uid}` : "the agent";
  if (session.sandboxMode === "read-only") return [`${who} may only read the project directory.`];
  throw new WorkspaceError(`${who} may not write the project directory`, {
    code: "PROJECT_NOT_WRITABLE",
    remedy:
      'Give the top directory, and what the agent shall change, to that user (`chown UID DIR`), mount a volume, or set sandboxMode to "read-only".',
  });
}

/** Makes `home` the directory of `uid`, with all that is in it. */
async function giveHome(home: string, uid: number): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const { uid: owner } = await stat(home);
  if (owner === uid) return;
  if (owner === 0) {
    // Made by the engine, where a project is mounted below it; once it is another's, we may not.
    await chmod(home, 0o700);
    await chown(home, uid, uid);
    return;
  }
  // We hold no capability to look into others' directories: whoever owned it hands it over.
  const id = String(owner);
  const asOwner = ["--reuid", id, "--regid", id, "--clear-groups", "--inh-caps=-all,+chown", "--ambient-caps=+chown"];
  const { exitCode, stderr } = await runOnce(
    "/usr/bin/setpriv",
    [...asOwner, "/usr/bin/chown", "-RhP", `${uid}:${uid}`, home],
    asRoot,
  );
  if (exitCode !== 0) throw new Error(`the home directory ${home} could not be given to uid ${uid}: ${stderr.trim()}`);
}

const asRoot = { runAs: { kind: "self" }, cwd: "/", env: rootEnvironment, deadlineMs: 300_000 } as const;
