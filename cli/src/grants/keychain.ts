import type { AsyncEntry } from "@napi-rs/keyring";

/** The keychain of the operating system. Every method may throw: there is none, it is locked, a person says no. */
export interface Keychain {
  read(account: string): Promise<string | undefined>;
  write(account: string, secret: string): Promise<void>;
}

/** macOS Keychain, Windows Credential Manager, or on Linux whatever serves org.freedesktop.secrets on the session's D-Bus. */
export const systemKeychain: Keychain = {
  read: async (account) => (await (await openEntry(account)).getPassword()) ?? undefined,
  write: async (account, secret) => (await openEntry(account)).setPassword(secret),
};

async function openEntry(account: string): Promise<AsyncEntry> {
  // A native module, which not every platform has.
  const keyring = await import("@napi-rs/keyring");
  // Left alone it takes the kernel's keyring where there is no Secret Service: that one forgets within days.
  return new keyring.AsyncEntry("codex-workspace", account, { linux: { store: "secret-service" } });
}
