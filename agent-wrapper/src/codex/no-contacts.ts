/** No program listens on port 0, so that a connection is refused at once. */
const closedProxy = "http://127.0.0.1:0";

/**
 * Variables with which the terminal's Codex reaches the app-server and no other host. It would fetch announcements from
 * raw.githubusercontent.com at its start and send metrics to ab.chatgpt.com after a minute (observed on 0.169). Codex has
 * no setting against the announcements, and the app-server makes every request of the session.
 */
export const noContacts: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    HTTP_PROXY: closedProxy,
    HTTPS_PROXY: closedProxy,
    ALL_PROXY: closedProxy,
    NO_PROXY: "localhost,127.0.0.1,::1",
  }).flatMap(([name, value]) => [
    [name, value],
    [name.toLowerCase(), value],
  ]),
);
