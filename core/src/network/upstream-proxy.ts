import { WorkspaceError } from "../errors.ts";
import { Secret } from "../secret.ts";

/** A company's proxy, which leads outside where the network does not. It is asked for tunnels, by the names of hosts. */
export interface UpstreamProxy {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** `USER:PASSWORD`, as they are and not as a URL has them; sent as Basic authentication. */
  readonly credentials: Secret | undefined;
}

/**
 * Reads `http://HOST:PORT` or, of a secret, `http://USER:PASSWORD@HOST:PORT`; without a port 80.
 *
 * @throws WorkspaceError `SECRET_INVALID` where it is something else, which is not shown
 */
export function readUpstreamProxy(input: string | Secret): UpstreamProxy {
  const text = typeof input === "string" ? input : input.reveal().trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^http:\/\/([^\s@/?#]+@)?([\w.-]+|\[[0-9a-f:.]+\])(:\d+)?\/?$/i.test(text))
    throw unreadable();
  const { hostname, port, username, password } = url;
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? 80 : Number(port),
    credentials: username === "" ? undefined : new Secret(`${decoded(username)}:${decoded(password)}`),
  };
}

function decoded(part: string): string {
  try {
    const text = decodeURIComponent(part);
    // A line of a file, in which no other may begin.
    if (!/\p{Cc}/u.test(text)) return text;
  } catch {
    // `%` without two digits.
  }
  throw unreadable();
}

function unreadable(): WorkspaceError {
  return new WorkspaceError("network.upstreamProxy is not the address of an http proxy", {
    code: "SECRET_INVALID",
    remedy: "Write it as http://USER:PASSWORD@HOST:PORT, with %40 for an @ in the password and so on.",
  });
}
