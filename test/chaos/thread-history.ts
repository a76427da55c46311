import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** A message or a command that Codex has completed. */
export interface HistoryItem {
  readonly id: string;
  readonly type: "userMessage" | "agentMessage" | "commandExecution";
  /** Of a message. */
  readonly text: string;
  /** What its sender called a user's message. */
  readonly clientId: string | undefined;
  readonly turnId: string;
}

const types = {
  UserMessage: "userMessage",
  AgentMessage: "agentMessage",
  CommandExecution: "commandExecution",
} as const;

const lineSchema = z.looseObject({
  type: z.literal("event_msg"),
  payload: z.looseObject({
    type: z.literal("item_completed"),
    turn_id: z.string(),
    item: z.looseObject({
      type: z.enum(Object.keys(types) as (keyof typeof types)[]),
      id: z.string(),
      client_id: z.string().nullish(),
      content: z.array(z.looseObject({ text: z.string().default("") })).default([]),
    }),
  }),
});

/** What Codex itself has on disk of a thread, oldest first. */
export async function threadHistory(codexHome: string, threadId: string): Promise<HistoryItem[]> {
  const files = await readdir(join(codexHome, "sessions"), { recursive: true });
  const file = files.find((name) => name.endsWith(`${threadId}.jsonl`));
  if (file === undefined) throw new Error(`Codex has no file of thread ${threadId}`);
  const lines = (await readFile(join(codexHome, "sessions", file), "utf8")).split("\n");
  return lines.flatMap((line) => {
    // Cheaper than parsing the long lines that are none of these.
    if (!line.includes('"item_completed"')) return [];
    const { success, data } = lineSchema.safeParse(JSON.parse(line));
    if (!success) return [];
    const { turn_id: turnId, item } = data.payload;
    const text = item.content.map((part) => part.text).join("\n");
    return [{ id: item.id, type: types[item.type], text, clientId: item.client_id ?? undefined, turnId }];
  });
}
