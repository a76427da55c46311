import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { terminalControlSchema, type TerminalNotice } from "@codex-workspace/api";
import type { Logger } from "pino";
import { type WebSocket, WebSocketServer } from "ws";
import type { Actor } from "../session/audit-log.ts";
import type { SessionTerminal } from "../session/session-terminal.ts";
import { PacedSocket } from "./paced-socket.ts";
import { toProblem } from "./problem.ts";

/** Who was let in. */
export interface TerminalUser {
  readonly actor: Actor;
  /** Calls `close` when they may no longer be; what is returned is for when they have left by themselves. */
  readonly hold: (close: () => void) => () => void;
}

/**
 * Sessions' terminals as WebSockets: binary frames are its bytes both ways, the first one draws the screen so far;
 * text frames are controls (resize, write) one way, and notices (who writes) the other.
 */
export class TerminalSocket {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  readonly #logger: Pick<Logger, "warn">;

  constructor(logger: Pick<Logger, "warn">) {
    this.#logger = logger;
  }

  /** Takes over a request that was let in already, for as long as its user may have it. */
  accept(
    terminal: SessionTerminal,
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer,
    { actor, hold }: TerminalUser,
  ): void {
    this.#server.handleUpgrade(request, stream, head, (socket) => {
      // A malformed frame ends this socket alone: `ws` answers with a close frame, and the close event follows.
      let problem: string | undefined;
      socket.on("error", (error) => {
        problem ??= error.message;
        this.#logger.warn({ actor, reason: error.message }, "a terminal's WebSocket has failed");
      });
      socket.once(
        "close",
        hold(() => expel(socket)),
      );
      void this.#serve(terminal, actor, socket, () => problem).catch((error: unknown) =>
        socket.close(1011, toProblem(error).message.slice(0, 120)),
      );
    });
  }

  close(): void {
    for (const socket of this.#server.clients) socket.close(1001, "the wrapper stops");
    this.#server.close();
  }

  async #serve(
    terminal: SessionTerminal,
    actor: Actor,
    socket: WebSocket,
    problem: () => string | undefined,
  ): Promise<void> {
    let redraw: () => void = () => undefined;
    const paced = new PacedSocket(socket, () => redraw());
    const attachment = await terminal.attach(actor, {
      show: (bytes) => paced.show(bytes),
      showScreen: (bytes) => paced.showScreen(bytes),
      onEnd: () => socket.close(1000, "the terminal was closed"),
      onWriter(yours) {
        const notice: TerminalNotice = { type: "writer", yours };
        paced.notice(JSON.stringify(notice));
      },
    });
    redraw = () => void attachment.redraw().catch(() => socket.terminate());
    const leave = (): void => attachment.leave(problem());
    if (socket.readyState !== socket.OPEN) {
      leave();
      return;
    }
    socket.once("close", leave);
    socket.on("message", (data, isBinary) => {
      const bytes = data as Buffer;
      if (isBinary) {
        attachment.write(bytes);
        return;
      }
      const control = terminalControlSchema.safeParse(parseJson(bytes.toString("utf8")));
      if (control.data?.type === "resize") attachment.resize(control.data);
      else if (control.data?.type === "write") attachment.takeOver();
      else socket.close(1008, 'expected a control such as {"type":"resize","columns":80,"rows":24}');
    });
  }
}

/** No key counts any more, whether the other side answers the close or not. */
function expel(socket: WebSocket): void {
  socket.removeAllListeners("message");
  socket.close(1008, "the token was exchanged or has expired");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
