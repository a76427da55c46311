import type { McpServerStatus } from "@codex-workspace/api";
import type { Notification } from "../codex/protocol.ts";
import { toMcpServerStatus } from "./mcp-server-status.ts";
import { ignoredFiles, untrustedDirectories } from "./untrusted-project.ts";

/** What Codex tells people in passing. Without `threadId` it concerns the whole app-server. */
export type Notice =
  | { readonly kind: "warning"; readonly threadId: string | undefined; readonly message: string }
  | { readonly kind: "mcpServer"; readonly threadId: string; readonly server: McpServerStatus };

interface Told {
  readonly warnings: Set<string>;
  readonly mcpServers: Map<string, McpServerStatus>;
  /** What no session has taken yet. */
  readonly untaken: Notice[];
}

/** Of one thread; Codex may quote texts of the agent in them. */
const maxWarnings = 50;
const maxCharacters = 2_000;

/**
 * Warnings and MCP servers of one app-server, by thread. Codex may tell them before it answers the request that starts the
 * thread, so they are kept until a session asks for them.
 */
export class CodexNotices {
  readonly #redact: (text: string) => string;
  readonly #told = new Map<string | undefined, Told>();
  #refusal: string | undefined;

  constructor(redact: (text: string) => string) {
    this.#redact = redact;
  }

  /** Keeps what a notification tells; whether it is new. */
  notified(notification: Notification): boolean {
    const notice = this.#toNotice(notification);
    return notice !== undefined && this.#keep(notice);
  }

  /** What was told of a thread, or with `undefined` of the whole app-server, since the last call. */
  take(threadId: string | undefined): readonly Notice[] {
    return this.#told.get(threadId)?.untaken.splice(0) ?? [];
  }

  warnings(threadId: string | undefined): readonly string[] {
    return [...(this.#told.get(threadId)?.warnings ?? [])];
  }

  mcpServers(threadId: string | undefined): readonly McpServerStatus[] {
    return [...(this.#told.get(threadId)?.mcpServers.values() ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Why Codex refuses its configuration and goes on with its defaults, where it does. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** The app-server has gone. */
  clear(): void {
    this.#told.clear();
    this.#refusal = undefined;
  }

  #toNotice({ method, params }: Notification): Notice | undefined {
    const warning = (threadId: string | null | undefined, ...parts: (string | null | undefined)[]): Notice => {
      const message = this.#shown(parts.filter((part) => typeof part === "string" && part !== "").join("\n"));
      return { kind: "warning", threadId: threadId ?? undefined, message };
    };
    switch (method) {
      case "warning":
      case "guardianWarning":
        return warning(params.threadId, params.message);
      case "configWarning": {
        const { summary, details, path, range } = params;
        if (/^Invalid configuration/i.test(summary))
          this.#refusal = this.#shown(
            `CONFIG_REFUSED: Codex refuses the configuration: ${details ?? summary}. ` +
              "`codex-workspace config check` names the key and its layer.",
          );
        const untrusted = untrustedDirectories(summary);
        if (untrusted !== undefined) {
          const ignored = untrusted.map(ignoredFiles).filter((sentence) => sentence !== undefined);
          return ignored.length === 0 ? undefined : warning(undefined, ...ignored);
        }
        const place = path === undefined ? undefined : `at ${path}${range === undefined ? "" : `:${range.start.line}`}`;
        return warning(undefined, summary, details, place);
      }
      case "deprecationNotice":
        // About a request of the wrapper, which 0.140 needs (observed on 0.169); other notices are about settings.
        if (params.summary.includes("`includeTurns`")) return undefined;
        return warning(undefined, params.summary, params.details);
      case "model/rerouted":
        return warning(params.threadId, `Codex uses the model ${params.toModel} instead of ${params.fromModel}.`);
      case "mcpServer/startupStatus/updated": {
        const { threadId, name, status, error, failureReason } = params;
        if (typeof threadId !== "string") return undefined;
        const server = toMcpServerStatus({ name, status, error: error && this.#shown(error), failureReason });
        return { kind: "mcpServer", threadId, server };
      }
      default:
        return undefined;
    }
  }

  #shown(text: string): string {
    return this.#redact(text).slice(0, maxCharacters);
  }

  #keep(notice: Notice): boolean {
    const { threadId } = notice;
    const told: Told = this.#told.get(threadId) ?? { warnings: new Set(), mcpServers: new Map(), untaken: [] };
    if (notice.kind === "warning") {
      if (told.warnings.has(notice.message) || told.warnings.size >= maxWarnings) return false;
      // Codex tells what is wrong with a thread's own settings twice: first without the thread.
      if (threadId !== undefined) this.#told.get(undefined)?.warnings.delete(notice.message);
      told.warnings.add(notice.message);
    } else {
      told.mcpServers.set(notice.server.name, notice.server);
    }
    told.untaken.push(notice);
    this.#told.set(threadId, told);
    return true;
  }
}
