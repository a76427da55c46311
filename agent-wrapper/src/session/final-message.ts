import { type Item, toMessageItem } from "../codex/protocol.ts";

/**
 * What a turn answered in the end, of its completed items: what Codex calls the final answer, else its last message.
 * Not every model says which of its messages that is. Nothing where the agent said nothing.
 */
export function finalMessage(items: readonly Item[]): string | undefined {
  const messages = items.map(toMessageItem).filter((item) => item?.type === "agentMessage");
  return (messages.findLast(({ phase }) => phase === "final_answer") ?? messages.at(-1))?.text;
}
