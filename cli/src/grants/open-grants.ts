import type { CliContext } from "../context.ts";
import { systemKeychain } from "./keychain.ts";
import { GrantStore } from "./store.ts";

/** The grants of this user. */
export function openGrants({ state }: Pick<CliContext, "state">): GrantStore {
  return new GrantStore(state.grants, systemKeychain);
}
