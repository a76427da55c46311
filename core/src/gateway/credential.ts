import { WorkspaceError } from "../errors.ts";
import { Secret } from "../secret.ts";

/**
 * Of the files of either gateway: what its program has to know of the proxy that leads outside, empty where there is none. It may
 * change while the gateway runs.
 */
export const upstreamProxyFile = "upstream-proxy.conf";

/**
 * Of the model gateway's files: the model key as it is, empty where there is none. It may change while the gateway runs, which takes
 * it over within a second or two, unless it has characters that cannot be sent.
 */
export const modelKeyFile = "model-key";

/** Of the model gateway's files: every other credential, as nginx has it. It may change likewise. */
export const credentialsFile = "credentials.conf";

/** A header that the gateway adds. */
export interface Credential {
  /** Whose it is, in the words of a user: `the model key`. */
  readonly owner: string;
  readonly header: "Authorization" | "api-key";
  readonly scheme: "Bearer" | "Basic" | undefined;
  readonly secret: Secret;
  /** Which file brings it to the gateway. */
  readonly file: typeof modelKeyFile | typeof credentialsFile;
}

/** What the header is sent with, where the secret is in `value`. */
export function headerValue({ scheme }: Credential, value: string): string {
  return scheme === undefined ? value : `${scheme} ${value}`;
}

/**
 * The secret of a credential.
 *
 * @throws WorkspaceError `SECRET_INVALID` where the secret has characters that no bearer token has (RFC 6750), some of
 * which would mean something to nginx
 */
export function revealSendable({ owner, secret }: Credential): string {
  const value = secret.reveal();
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(value)) {
    throw new WorkspaceError(`${owner} has a character that cannot be sent, or is empty`, {
      code: "SECRET_INVALID",
      remedy: "Write it anew, as its issuer shows it: letters, digits and . _ ~ + / - =, without blanks and quotes.",
    });
  }
  return value;
}

/** The usual one. */
export function bearer(owner: string, secret: Secret): Credential {
  return { owner, header: "Authorization", scheme: "Bearer", secret, file: credentialsFile };
}

/** What git's smart HTTP takes for a token: it refuses bearer tokens. */
export function basicAuthorization(token: Secret): Secret {
  return new Secret(Buffer.from(`x-access-token:${token.reveal()}`).toString("base64"));
}
