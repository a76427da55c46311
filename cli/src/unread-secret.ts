import { Secret, type SecretReference } from "@codex-workspace/core";
import { hashOf } from "./hash.ts";

/** Stands for a secret where no secret is needed: another one for each place, as secrets are. */
export function unreadSecret({ ...reference }: SecretReference): Secret {
  return new Secret(`unread-${hashOf(JSON.stringify(reference))}`);
}
