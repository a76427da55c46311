import { itemsQuerySchema, type ItemPage } from "@codex-workspace/api";
import type { Session } from "../../session/session.ts";
import type { Store } from "../../session/store.ts";
import { sendBody } from "../body.ts";
import type { Call, Handler } from "../call.ts";
import { maxPageCharacters } from "./page-of.ts";
import { queryOf } from "./request.ts";

/** Handler of the items of a session's thread. */
export function itemsHandler({ items }: Store, sessionOf: (call: Call) => Session): Handler {
  return (call, response) => {
    const { type, order, cursor, limit } = queryOf(call, itemsQuerySchema);
    const found = items.page(sessionOf(call).name, {
      types: type,
      order,
      cursor,
      limit,
      maxCharacters: maxPageCharacters,
    });
    const last = found.hasMore ? found.items.at(-1) : undefined;
    const page: ItemPage = {
      items: found.items.map(({ turnId, item }) => ({ turnId, item })),
      ...(last !== undefined && { nextCursor: String(last.seq) }),
    };
    sendBody(response, "ItemPage", page);
  };
}
