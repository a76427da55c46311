import { itemsQuerySchema, type ItemPage } from "@codex-workspace/api";
import type { Request, Router } from "express";
import type { Session } from "../../session/session.ts";
import type { Store } from "../../session/store.ts";
import { sendBody } from "../body.ts";
import { route } from "../route.ts";
import { maxPageCharacters } from "./page-of.ts";
import { queryOf } from "./request.ts";

/** What a session's thread holds. */
export function addItemRoutes(router: Router, { items }: Store, sessionOf: (request: Request) => Session): void {
  route(router, "/items", {
    GET: (request, response) => {
      const { type, order, cursor, limit } = queryOf(request, itemsQuerySchema);
      const found = items.page(sessionOf(request).name, {
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
    },
  });
}
