import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { generateX25519Identity } from "age-encryption";
import { createPrivateFile } from "../write-private-file.ts";
import type { Keychain } from "./keychain.ts";

/** An age identity: it encrypts and decrypts the grants of one state directory. */
export interface GrantKey {
  readonly identity: string;
  readonly place: KeyPlace;
}

export type KeyPlace = "keychain" | "file";

/** Holds the key itself, or the name it has in the keychain. */
export function keyFile(directory: string): string {
  return join(directory, "key");
}

const inKeychain = "keychain:";

/** Where the key is; nothing where none was made. The keychain is not asked. */
export async function keyPlace(directory: string): Promise<KeyPlace | undefined> {
  const text = await readKeyFile(directory);
  return text === undefined ? undefined : placeOf(text);
}

/** The key; nothing where none was made. Throws when the keychain does not give it. */
export async function readKey(directory: string, keychain: Keychain): Promise<GrantKey | undefined> {
  const text = await readKeyFile(directory);
  if (text === undefined) return undefined;
  if (placeOf(text) === "file") return { identity: text, place: "file" };
  const identity = await keychain.read(text.slice(inKeychain.length));
  if (identity === undefined) throw new Error("the keychain of this system has it no more");
  return { identity, place: "keychain" };
}

/**
 * Makes a key and keeps it in the keychain, else in a file; nothing is made where there is one by now. Says why it is
 * not in the keychain.
 */
export async function makeKey(directory: string, keychain: Keychain): Promise<{ readonly whyFile?: string }> {
  const identity = await generateX25519Identity();
  const account = `grants-${randomUUID()}`;
  const whyFile = await keep(keychain, account, identity);
  const text = whyFile === undefined ? inKeychain + account : identity;
  const isOurs = await createPrivateFile(keyFile(directory), `${text}\n`);
  return isOurs && whyFile !== undefined ? { whyFile } : {};
}

/** Why the keychain does not keep a secret; nothing where it does. */
async function keep(keychain: Keychain, account: string, secret: string): Promise<string | undefined> {
  try {
    await keychain.write(account, secret);
    return (await keychain.read(account)) === secret ? undefined : "it does not keep what it is given";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function placeOf(text: string): KeyPlace {
  return text.startsWith(inKeychain) ? "keychain" : "file";
}

async function readKeyFile(directory: string): Promise<string | undefined> {
  return (await readFile(keyFile(directory), "utf8").catch(undefinedWhenMissing))?.trim();
}

function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
