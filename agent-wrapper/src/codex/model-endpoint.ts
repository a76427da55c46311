import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/**
 * Whether a model's endpoint takes a connection, is asked for its list of models, and says nothing at all for
 * `deadlineMs`. One that cannot be reached is not silent: that Codex finds itself, and it may know another way there.
 */
export function isSilent(baseUrl: string, deadlineMs: number): Promise<boolean> {
  const url = new URL(`${baseUrl.replace(/\/$/, "")}/models`);
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    let isConnected = false;
    // Without a key: it is no more than a sign of life.
    const asked = request(url, { agent: false });
    const late = setTimeout(() => settle(isConnected), deadlineMs).unref();
    const settle = (silent: boolean): void => {
      clearTimeout(late);
      asked.destroy();
      resolve(silent);
    };
    asked.once("socket", (socket) => socket.once("connect", () => (isConnected = true)));
    asked.once("response", () => settle(false));
    asked.on("error", () => settle(false));
    asked.end();
  });
}
