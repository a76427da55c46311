// A task system: it sends a prompt, shows the commands that Codex runs, asks you what Codex asks, and prints the outcome.
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

type Item = { command?: string; status?: string };
type Approval = { id: string; command?: string; request: { params: unknown } };
type SessionEvent = { type: string; promptId?: string; state?: string; item?: Item; approval?: Approval };
type Prompt = { id: string; state: string; finalMessage?: string; error?: string };

const { CODEX_WORKSPACE_URL: url = "http://127.0.0.1:3284", CODEX_WORKSPACE_TOKEN: token = "" } = process.env;
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let sent: Prompt | undefined;
for await (const { type, promptId, state = "", item, approval } of events()) {
  // Not before the stream is there, so that nothing of it is missed.
  sent ??= (await (await call("/prompts", { input: process.argv[2] })).json()) as Prompt;
  if (type === "item/completed" && item?.command) console.log(`$ ${item.command} → ${item.status ?? ""}`);
  if (type === "approval/requested" && approval) await decide(approval);
  if (promptId === sent.id && ["completed", "failed", "interrupted", "cancelled"].includes(state)) break;
}
const { state, finalMessage, error } = (await (await call(`/prompts/${sent?.id ?? ""}`)).json()) as Prompt;
console.log(`${state}: ${finalMessage ?? error ?? ""}`);
process.exit(state === "completed" ? 0 : 1);

async function decide({ id, command, request }: Approval): Promise<void> {
  console.log(`May Codex do this? [y/N] ${command ?? JSON.stringify(request.params)}`);
  const decision = (await answers.next()).value === "y" ? "accept" : "decline";
  // Somebody at the terminal may have been faster.
  await call(`/approvals/${id}/decision`, { decision }).catch((error: unknown) => console.log(String(error)));
}

/** What happens in the session, over restarts of the workspace too. An empty type: the stream is there. */
async function* events(after = ""): AsyncGenerator<SessionEvent> {
  for (;;) {
    try {
      const { body } = await call(after === "" ? "/events" : `/events?after=${after}`);
      let rest = "";
      for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const blocks = (rest + text).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          after = /^id: (\d+)/.exec(block)?.[1] ?? after;
          const [, type = "", data = "{}"] = /event: (.*)\ndata: (.*)/.exec(block) ?? [];
          yield { ...(JSON.parse(data) as object), type };
        }
      }
    } catch (error) {
      if (after === "") throw error;
      console.log(`${String(error)}; once more`);
    }
    await delay(1000);
  }
}

async function call(path: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const method = body === undefined ? "GET" : "POST";
  const response = await fetch(`${url}/v1/sessions/main${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response;
}
