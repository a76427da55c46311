import { WorkspaceError } from "../errors.ts";
import { Secret } from "../secret.ts";

/**
 * Of the files of either gateway: what its program has to know of the proxy that leads outside, empty where there is none. It may
 * change while the gateway runs.
 */
export const upstreamProxyFile = "upstream-proxy.conf";

/** A header that the gateway adds. */
export interface Credential {
  /** Whose it is, in the words of a user: `the model key`. */
  readonly owner: string;
  readonly header: "Authorization" | "api-key";
  readonly scheme: "Bearer" | "Basic" | undefined;
  readonly secret: Secret;
}

/**
 * What the header is sent with.
 *
 * @throws WorkspaceError `SECRET_INVALID` where the secret has characters that no bearer token has (RFC 6750), some of
 * which would mean something to nginx
 */
export function headerValue({ owner, scheme, secret }: Credential): Secret {
  const value = secret.reveal();
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(value)) {
    throw new WorkspaceError(`${owner} has a character that cannot be sent, or is empty`, {
      code: "SECRET_INVALID",
      remedy: "Write it anew, as its issuer shows it: letters, digits and . _ ~ + / - =, without blanks and quotes.",
    });
  }
  return new Secret(scheme === undefined ? value : `${scheme} ${value}`);
}

/** What git's smart HTTP takes for a token: it refuses bearer tokens. */
export function basicAuthorization(token: Secret): Secret {
  return new Secret(Buffer.from(`x-access-token:${token.reveal()}`).toString("base64"));
}
