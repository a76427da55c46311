import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Secret, WorkspaceError } from "@codex-workspace/core";
import * as z from "zod";
import { writePrivateFile } from "./write-private-file.ts";

const processSchema = z.strictObject({
  pid: z.int().positive(),
  /** When the process began, as its system says it: a pid alone may be somebody else's by now. */
  began: z.string(),
});

/** The options of `up` that shape a workspace. They stay in effect for every later `up` until one is given again. */
const toldSchema = z.strictObject({
  /** Absolute. */
  spec: z.string().optional(),
  port: z.int().optional(),
  fullAuto: z.boolean().optional(),
  grant: z.array(z.string()).readonly().optional(),
  profile: z.string().optional(),
  allowHost: z.array(z.string()).readonly().optional(),
  acceptNoIsolation: z.boolean().optional(),
});

const recordSchema = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  engine: z.enum(["docker", "local"]),
  /** DIR. */
  directory: z.string(),
  /** The directory that is mounted in place of DIR: `project.bind`. */
  bind: z.string().optional(),
  createdAt: z.string(),
  told: toldSchema.optional(),
  /** Port of the API that `up` chose, where neither the command line nor the spec names a port. */
  port: z.int().optional(),
  url: z.string().optional(),
  configHash: z.string().optional(),
  codexVersion: z.string().optional(),
  model: z.strictObject({ kind: z.enum(["provider", "demo"]), baseUrl: z.string(), why: z.string() }).optional(),
  /** What the last `up` warned of by itself; the wrapper's own warnings are in its status. */
  warnings: z.array(z.string()).optional(),
  /** Of what runs, by its parts; missing until an `up` came to its end, and not known from an earlier release's record. */
  planHash: z.record(z.string(), z.string()).optional().catch(undefined),
  /** Of the configuration in force; missing while it is not known which one is. */
  filesHash: z.string().optional(),
  /** Of the API's tokens, which are exchanged without a restart. */
  tokensHash: z.string().optional(),
  /** Of the local engine. */
  processes: z.strictObject({ workspace: processSchema.optional(), "demo-model": processSchema.optional() }).optional(),
  demoModelUrl: z.string().optional(),
});

/** What we remember of a workspace between two commands. */
export type WorkspaceRecord = z.infer<typeof recordSchema>;
export type Told = z.infer<typeof toldSchema>;
export type ProcessRecord = z.infer<typeof processSchema>;

/** Where the state is: `$CODEX_WORKSPACE_STATE`, else `$XDG_STATE_HOME/codex-workspace`, else below `~/.local/state`. */
export function stateRoot(
  env: Readonly<Record<string, string | undefined>>,
  home: string | undefined,
): string | undefined {
  const { CODEX_WORKSPACE_STATE: own, XDG_STATE_HOME: xdg } = env;
  if (own !== undefined && own !== "") return own;
  if (xdg !== undefined && xdg !== "") return join(xdg, "codex-workspace");
  return home === undefined ? undefined : join(home, ".local", "state", "codex-workspace");
}

/** One state directory: its workspaces, and what they share. */
export class State {
  readonly #root: string | undefined;

  /** @param root - undefined where nothing says where it is: commands that need no state work all the same */
  constructor(root: string | undefined) {
    this.#root = root;
  }

  /** @throws WorkspaceError `HOME_UNKNOWN` */
  get root(): string {
    if (this.#root !== undefined) return this.#root;
    throw new WorkspaceError(
      "this user has no home directory: HOME is not set, and the system does not know the user",
      {
        code: "HOME_UNKNOWN",
        remedy: "Set HOME, or CODEX_WORKSPACE_STATE to a directory for the state.",
      },
    );
  }

  /** Codex, by version, where it had to be installed. */
  get codexCache(): string {
    return join(this.root, "codex");
  }

  /** What `grant` stores, and the key it is encrypted with, or where that is. */
  get grants(): string {
    return join(this.root, "grants");
  }

  /** What the user has said yes to. */
  get trust(): string {
    return join(this.root, "trust");
  }

  workspace(name: string): WorkspaceDirectory {
    return new WorkspaceDirectory(join(this.root, "workspaces", name));
  }

  /** The records of all workspaces, by name. */
  async records(): Promise<WorkspaceRecord[]> {
    const names = await this.#names();
    const records = await Promise.all(names.map((name) => this.workspace(name).read()));
    return records.filter((record) => record !== undefined);
  }

  /** The records of all workspaces that this release understands, by name. */
  async readableRecords(): Promise<WorkspaceRecord[]> {
    const names = await this.#names();
    const records = await Promise.all(names.map((name) => this.workspace(name).read().catch(undefinedWhenUnreadable)));
    return records.filter((record) => record !== undefined);
  }

  /** The directories that the agents of all workspaces write. A record of another release names none. */
  async projects(): Promise<string[]> {
    const records = await this.readableRecords();
    return records.flatMap(({ directory, bind }) => [directory, bind ?? []].flat());
  }

  async #names(): Promise<string[]> {
    return (await readdir(join(this.root, "workspaces")).catch(emptyWhenMissing)).sort();
  }
}

/** The directory of one workspace: record, token, logs, and all that the local engine stores. */
export class WorkspaceDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get tokenFile(): string {
    return join(this.path, "token");
  }

  /** @throws WorkspaceError `STATE_UNREADABLE` */
  async read(): Promise<WorkspaceRecord | undefined> {
    const file = join(this.path, "record.json");
    const text = await readFile(file, "utf8").catch(undefinedWhenMissing);
    if (text === undefined) return undefined;
    try {
      return recordSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new WorkspaceError(`${file} is not a record that this release understands`, {
        code: "STATE_UNREADABLE",
        remedy: `Use the release that wrote it, or end what runs of that workspace by hand and remove ${this.path}.`,
        cause,
      });
    }
  }

  async write(record: WorkspaceRecord): Promise<void> {
    await writePrivateFile(join(this.path, "record.json"), `${JSON.stringify(record, null, 2)}\n`);
  }

  async readToken(): Promise<Secret | undefined> {
    const text = await readFile(this.tokenFile, "utf8").catch(undefinedWhenMissing);
    return text === undefined ? undefined : new Secret(text.trim());
  }

  async writeToken(token: Secret): Promise<void> {
    await writePrivateFile(this.tokenFile, `${token.reveal()}\n`);
  }

  async removeToken(): Promise<void> {
    await rm(this.tokenFile, { force: true });
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

function undefinedWhenUnreadable(error: unknown): undefined {
  if (!(error instanceof WorkspaceError)) throw error;
}

function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function emptyWhenMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code !== "ENOENT") throw error;
  return [];
}
