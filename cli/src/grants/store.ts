import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { grantNameFault, Secret, WorkspaceError } from "@codex-workspace/core";
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import { writePrivateFile } from "../write-private-file.ts";
import { defaultProfile, type Grant, type GrantPlace, storedGrantSchema } from "./grant.ts";
import { type GrantKey, keyFile, keyPlace, type KeyPlace, makeKey, readKey } from "./key.ts";
import type { Keychain } from "./keychain.ts";

/** A grant as it was stored, or why it cannot be read. */
export type ListedGrant = GrantPlace & ({ readonly grant: Grant } | { readonly fault: WorkspaceError });

export interface StoredGrant {
  readonly file: string;
  readonly key: KeyPlace;
  /** Why the key, made just now, is in a file and not in the keychain. */
  readonly whyFile?: string;
}

const ending = ".age";

/** The grants of one state directory: an encrypted file for each, below a directory for each profile. */
export class GrantStore {
  readonly #directory: string;
  readonly #keychain: Keychain;

  constructor(directory: string, keychain: Keychain) {
    this.#directory = directory;
    this.#keychain = keychain;
  }

  get keyFile(): string {
    return keyFile(this.#directory);
  }

  /** Where the key is; nothing where nothing was ever granted. */
  keyPlace(): Promise<KeyPlace | undefined> {
    return keyPlace(this.#directory);
  }

  /** @throws WorkspaceError `USAGE` for a name that is none */
  fileOf({ profile, name }: GrantPlace): string {
    requireName(profile, "profile");
    requireName(name, "grant");
    return join(this.#profiles, profile, name + ending);
  }

  /**
   * Stores a grant, in place of one of that name.
   *
   * @throws WorkspaceError `GRANT_UNREADABLE` when there is a key that cannot be had
   */
  async write(profile: string, { secret, ...grant }: Grant): Promise<StoredGrant> {
    const file = this.fileOf({ profile, name: grant.name });
    const made = (await this.#key()) === undefined ? await makeKey(this.#directory, this.#keychain) : {};
    const key = await this.#key();
    if (key === undefined) throw new Error(`${this.keyFile} was removed while it was needed`);
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(key.identity));
    const content = { format: 1, profile, ...grant, secret: secret.reveal() };
    await writePrivateFile(file, await encrypter.encrypt(JSON.stringify(content)));
    return { file, key: key.place, ...made };
  }

  /**
   * A grant; nothing where none of that name is stored.
   *
   * @throws WorkspaceError `GRANT_UNREADABLE`
   */
  async read(place: GrantPlace): Promise<Grant | undefined> {
    const file = this.fileOf(place);
    const encrypted = await readFile(file).catch(undefinedWhenMissing);
    if (encrypted === undefined) return undefined;
    const key = await this.#key();
    try {
      const decrypter = new Decrypter();
      if (key !== undefined) decrypter.addIdentity(key.identity);
      const content: unknown = JSON.parse(await decrypter.decrypt(encrypted, "text"));
      const { profile, name, kind, host, secret, grantedAt } = storedGrantSchema.parse(content);
      if (profile !== place.profile || name !== place.name) throw new Error("it was stored under another name");
      return { name, kind, host, secret: new Secret(secret), grantedAt };
    } catch (cause) {
      throw new WorkspaceError(`${describe(place)} cannot be decrypted: ${file} is damaged, or the key is another`, {
        code: "GRANT_UNREADABLE",
        remedy: `Grant it again: ${commandFor(place)}`,
        cause,
      });
    }
  }

  /** All grants of all profiles, the unreadable ones too, by profile and name. */
  async list(): Promise<ListedGrant[]> {
    const listed: ListedGrant[] = [];
    for (const place of await this.places()) {
      try {
        const grant = await this.read(place);
        if (grant !== undefined) listed.push({ ...place, grant });
      } catch (error) {
        if (!(error instanceof WorkspaceError)) throw error;
        listed.push({ ...place, fault: error });
      }
    }
    return listed;
  }

  /** The names of all grants, without a look into them. */
  async places(): Promise<GrantPlace[]> {
    const profiles = await readdir(this.#profiles).catch(emptyWhenMissing);
    const places = await Promise.all(
      profiles.sort().map(async (profile) => {
        const files = await readdir(join(this.#profiles, profile)).catch(emptyWhenMissing);
        const names = files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length));
        return names.sort().map((name) => ({ profile, name }));
      }),
    );
    // What is being written has a name that no grant can have.
    return places.flat().filter(({ name }) => grantNameFault(name) === undefined);
  }

  /** False where none of that name is stored. */
  async remove(place: GrantPlace): Promise<boolean> {
    try {
      await rm(this.fileOf(place));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return false;
    }
  }

  get #profiles(): string {
    return join(this.#directory, "profiles");
  }

  async #key(): Promise<GrantKey | undefined> {
    try {
      return await readKey(this.#directory, this.#keychain);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new WorkspaceError(`the key that grants are encrypted with cannot be had: ${why}`, {
        code: "GRANT_UNREADABLE",
        remedy: `Unlock the keychain of this system. Where the key is lost, remove ${this.keyFile} and grant all anew.`,
        cause,
      });
    }
  }
}

function requireName(text: string, what: "profile" | "grant"): void {
  const fault = grantNameFault(text);
  if (fault === undefined) return;
  throw new WorkspaceError(`${JSON.stringify(text)} cannot be the name of a ${what}: ${fault}`, {
    code: "USAGE",
    remedy: "Choose another name.",
  });
}

/** As messages name it. */
export function describe({ profile, name }: GrantPlace): string {
  return `grant "${name}"${profile === defaultProfile ? "" : ` of profile "${profile}"`}`;
}

/** What stores it again. */
export function commandFor({ profile, name }: GrantPlace): string {
  const isProvider = name === "openai" || name === "github";
  const of = profile === defaultProfile ? "" : ` --profile ${profile}`;
  return `codex-workspace grant ${name}${isProvider ? "" : " --host HOST"}${of}`;
}

function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function emptyWhenMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code !== "ENOENT") throw error;
  return [];
}
