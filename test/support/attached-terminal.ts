import xterm from "@xterm/headless";
import { WebSocket } from "ws";
import { authorized, type TestWorkspace } from "./workspace.ts";

/** What a person's `attach` does: a WebSocket, and a terminal that shows what it is sent. */
export interface Attached {
  readonly socket: WebSocket;
  readonly shown: () => string;
  /** Text frames that came. */
  readonly notices: readonly string[];
}

/** Attaches to the terminal of a session. */
export async function attach(workspace: TestWorkspace, session = "main"): Promise<Attached> {
  const socket = new WebSocket(`${workspace.url.replace("http", "ws")}/v1/sessions/${session}/terminal`, {
    headers: authorized,
  });
  const emulator = new xterm.Terminal({ cols: 200, rows: 50, allowProposedApi: true });
  const notices: string[] = [];
  socket.on("message", (data, isBinary) => {
    if (isBinary) emulator.write(data as Buffer);
    else notices.push((data as Buffer).toString("utf8"));
  });
  const shown = (): string => {
    const lines = Array.from({ length: 50 }, (_, row) => emulator.buffer.active.getLine(row)?.translateToString(true));
    return lines.join("\n");
  };
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return { socket, shown, notices };
}
