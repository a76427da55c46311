import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { type TerminalControl, type TerminalNotice, toApiError } from "@codex-workspace/client";
import { WorkspaceError } from "@codex-workspace/core";
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { AlternateScreen } from "../alternate-screen.ts";
import { beforeDetachKey, restoreTerminal } from "../detach-key.ts";
import { type ReachChoice, reachWorkspace } from "../reach-workspace.ts";
import { choiceOptions } from "./choice-options.ts";

export function attachCommand(context: CliContext): Command {
  return new Command("attach")
    .summary("sit at the session's own terminal")
    .description(
      "Connects this terminal to the Codex session's own. Ctrl-] leaves; the session goes on, a running turn included.",
    )
    .addOption(choiceOptions.name())
    .addOption(choiceOptions.url())
    .addOption(choiceOptions.tokenFile())
    .option("--watch", "only look on: nothing typed reaches the session, and its size stays; Ctrl-C leaves too")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace attach
  codex-workspace attach --name app --watch
  codex-workspace attach --url https://agent.example.com --token-file token`,
    )
    .action(async (options: ReachChoice & { readonly watch?: true }) => {
      const { stdin, stdout, output } = context;
      if (!stdin.isTTY || !stdout.isTTY) {
        throw new WorkspaceError("attach needs a terminal on standard input and output", {
          code: "USAGE",
          remedy: "Run it in a terminal (`ssh -t`, `docker exec -it`), or use send and messages.",
        });
      }
      const { name, client, token } = await reachWorkspace(context, options);
      output.note(`attaching to "${name}"; ${options.watch === true ? "Ctrl-] or Ctrl-C leaves" : "Ctrl-] leaves"}`);
      const how = await attach(context, client.terminalUrl(), {
        token: token?.reveal() ?? "",
        watch: options.watch === true,
      });
      output.note(how === "detached" ? `left "${name}"; it goes on` : `the terminal of "${name}" was closed`);
    });
}

const ctrlC = 0x03;

/** Settles when the person leaves or the terminal ends, with this terminal as it was before. */
async function attach(
  { stdin, stdout, signal }: CliContext,
  url: string,
  { token, watch }: { readonly token: string; readonly watch: boolean },
): Promise<"detached" | "closed"> {
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
  const resize = (): void => {
    if (watch) return;
    // A terminal such as a serial console knows no size.
    const { columns = 0, rows = 0 } = stdout as Partial<NodeJS.WriteStream>;
    const control: TerminalControl = { type: "resize", columns, rows };
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(control));
  };
  const screen = new AlternateScreen();
  let leave: () => void = () => undefined;
  let isWriter = true;
  /** Somebody else may be typing: a key of this person takes over. */
  const write = (keys: Uint8Array): void => {
    if (!isWriter) {
      isWriter = true;
      const control: TerminalControl = { type: "write" };
      socket.send(JSON.stringify(control));
      resize();
    }
    socket.send(keys);
  };
  const type = (typed: Buffer): void => {
    const before = beforeDetachKey(typed);
    if (!watch) write(before ?? typed);
    if (before !== undefined || (watch && typed.includes(ctrlC))) leave();
  };
  try {
    return await new Promise((resolve, reject) => {
      leave = () => resolve("detached");
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      socket.on("open", () => {
        stdin.setRawMode(true);
        stdin.on("data", type);
        stdin.resume();
        stdout.on("resize", resize);
        resize();
      });
      socket.on("message", (data, isBinary) => {
        if (isBinary) stdout.write(screen.add(data as Buffer));
        else isWriter = (JSON.parse((data as Buffer).toString("utf8")) as TerminalNotice).yours;
      });
      socket.on("unexpected-response", (_request, response) => void toError(response).then(reject, reject));
      socket.on("error", (error) => reject(refused(error.message)));
      socket.on("close", (code, reason) => {
        if (code === 1000) resolve("closed");
        else reject(refused(reason.toString("utf8") || `the connection ended (${code})`));
      });
    });
  } finally {
    stdin.off("data", type);
    stdout.off("resize", resize);
    if (stdin.isRaw) {
      stdin.setRawMode(false);
      stdout.write(restoreTerminal);
    }
    stdin.pause();
    socket.terminate();
  }
}

/** What the wrapper says where it does not let somebody in: that a scope is missing, or a place among the streams. */
async function toError(response: IncomingMessage): Promise<Error> {
  const { statusCode: status = 0, statusMessage: statusText = "" } = response;
  const error = await toApiError({ status, statusText, text: () => text(response) });
  return error.code.startsWith("HTTP_") ? refused(`it answered ${status}`) : error;
}

function refused(why: string): WorkspaceError {
  return new WorkspaceError(`the session's terminal cannot be had: ${why}`, {
    code: "TERMINAL_FAILED",
    remedy: "See `codex-workspace status`, and the wrapper's log.",
  });
}
