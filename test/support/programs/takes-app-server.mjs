// What a command of the agent outside the sandbox can do to be taken for app-server, and with a token that it was sent:
// ends app-server and takes its port, takes the port of the next one before that listens, and tries every token on the one
// that runs. Writes what came of it into the file that is its argument, until there is a file `stop` beside that.
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const [log] = process.argv.slice(2);
const say = (text) => appendFileSync(log, `${text}\n`);
const tokens = new Set();
const until = Date.now() + 90_000;

function appServer() {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const port = /^ws:\/\/127\.0\.0\.1:(\d+)$/.exec(words[words.indexOf("--listen") + 1] ?? "")?.[1];
      if (words.includes("app-server") && port !== undefined) return { pid: Number(pid), port: Number(port) };
    } catch {
      // It has ended.
    }
  }
  return undefined;
}

/** Listens there as soon as that is possible, and answers as app-server would. */
async function take(port, forMs) {
  const end = Date.now() + forMs;
  while (Date.now() < end) {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        const token = /authorization: bearer (\S+)/i.exec(String(data))?.[1];
        if (token !== undefined) tokens.add(token);
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      });
    });
    const listening = await new Promise((resolve) => {
      server.once("listening", () => resolve(true)).once("error", () => resolve(false));
      server.listen(port, "127.0.0.1");
    });
    if (listening) {
      say(`took ${port}`);
      await delay(Math.max(0, end - Date.now()));
      server.close();
      return;
    }
    await delay(1);
  }
}

async function next(after) {
  for (;;) {
    const found = appServer();
    if (found !== undefined && found.pid !== after) return found;
    if (Date.now() > until) throw new Error("no other app-server");
    await delay(1);
  }
}

/** What app-server answers to a client with that token. */
function answer(port, token) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(
        `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      ),
    );
    socket.once("data", (data) => {
      socket.destroy();
      resolve(String(data).split("\r\n")[0]);
    });
    socket.once("error", (error) => resolve(error.code));
  });
}

try {
  const first = appServer();
  process.kill(first.pid, "SIGKILL");
  const [second] = await Promise.all([next(first.pid), take(first.port, 1500)]);
  // In the moment in which the wrapper is about to connect.
  while ((await answer(second.port, "guess")) === "ECONNREFUSED") await delay(0);
  process.kill(second.pid, "SIGKILL");
  await take(second.port, 1500);
  // The third one's port, before that listens there.
  const third = await next(second.pid);
  await take(third.port, 1500);
  await delay(3000);
  say(
    `looks: ${execFileSync("./looks-into-process", [String(appServer().pid)])
      .toString()
      .split("\n")
      .join(" | ")}`,
  );
  say(`tokens: ${tokens.size}`);
  say("done");
  while (Date.now() < until && !existsSync(join(dirname(log), "stop"))) {
    for (const token of tokens) {
      const said = await answer(appServer()?.port ?? 1, token);
      if (/ 101 /.test(said)) say(`in: ${said}`);
    }
    await delay(100);
  }
} catch (error) {
  say(`failed: ${error.stack}`);
}
