import type { Session } from "./session.ts";
import type { SessionTerminal } from "./session-terminal.ts";

/** The terminals of all sessions; each is made when it is first asked for. */
export class SessionTerminals {
  readonly #create: (session: Session) => SessionTerminal;
  readonly #terminals = new Map<Session, SessionTerminal>();

  constructor(create: (session: Session) => SessionTerminal) {
    this.#create = create;
  }

  of(session: Session): SessionTerminal {
    const terminal = this.#terminals.get(session) ?? this.#create(session);
    this.#terminals.set(session, terminal);
    return terminal;
  }

  isRunning(session: Session): boolean {
    return this.#terminals.get(session)?.isRunning ?? false;
  }

  /** Ends the program of each terminal, whose app-server has ended; people who are at a terminal stay. */
  detach(): void {
    for (const terminal of this.#terminals.values()) terminal.detach();
  }

  /** Starts the program again of each terminal that `detach` has ended. */
  attach(): void {
    for (const terminal of this.#terminals.values()) terminal.resume();
  }

  /** Ends a session's terminal, which was archived or deleted. */
  async end(session: Session): Promise<void> {
    await this.#terminals.get(session)?.stop();
    this.#terminals.delete(session);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#terminals.values()].map((terminal) => terminal.stop()));
  }
}
