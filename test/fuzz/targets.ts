import assert from "node:assert/strict";
import { routes } from "@codex-workspace/api";
import { type TokenScope, tokenScopes } from "@codex-workspace/core";
import { Random } from "../chaos/random.ts";
import type { TestWorkspace } from "../support/workspace.ts";
import { type Figures, type FuzzOptions, inParallel, Tally } from "./fuzz.ts";
import { owner, tokenWith } from "./fuzzed-workspace.ts";
import { type Exchange, exchange } from "./raw-exchange.ts";

/** A request whose target was made by hand. */
interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly scope: TokenScope;
  readonly headers: readonly string[];
  /** The plain target that means the same; undefined where the target means something else or nothing. */
  readonly plain: string | undefined;
}

/**
 * Sends raw targets with tokens of one scope each. Throws at the first answer that an operation of another scope gave, at
 * a legal target that is answered otherwise than its plain form, and at an audit entry that no scope of its token allows.
 */
export async function fuzzTargets(workspace: TestWorkspace, { seed, count }: FuzzOptions): Promise<Figures> {
  const { port } = workspace.layout.listen;
  const tally = new Tally();
  const ofPlain = new Map<string, Promise<string>>();
  const send = (request: RawRequest): Promise<Exchange> => exchange(port, bytesOf(request));
  await inParallel(count, async (number) => {
    const request = requestOf(new Random(`${seed}/${number}`));
    const where = `seed ${seed}, target ${number}: ${JSON.stringify(request)}`;
    const answer = await send(request);
    assert.ok(answer.status > 0 && answer.status < 500, `${where}: ${answer.status} ${answer.body}`);
    const scopes = scopesThatAnswer(request.method, answer);
    assert.ok(scopes.includes(request.scope), `${where}: answered as ${scopes.join(" or ")} would be: ${answer.body}`);
    tally.add(`status ${answer.status}`);
    if (request.plain === undefined) return;
    const { method, scope, plain } = request;
    const key = `${method} ${plain} ${scope}`;
    const expected = ofPlain.get(key) ?? send({ ...request, target: plain, headers: [] }).then(essence);
    ofPlain.set(key, expected);
    assert.equal(essence(answer), await expected, where);
    tally.add("legal, answered as in their plain form");
  });
  const entries = await checkAudit(workspace, seed);
  return { targets: count, ...tally.figures, "audit entries": entries };
}

const sessionNames = ["main", "absent"] as const;

/** Mutations that keep the meaning of a target. */
const legal: readonly ((path: string, random: Random) => string)[] = [
  (path) => path,
  (path) => `http://localhost${path}`,
  (path) => `HTTP://LOCALHOST:1${path}`,
  (path) => `${path}${path.includes("?") ? "&" : "?"}ticket=none`,
  // A character of a parameter, in its encoded form.
  (path) => path.replace(/\/main(?=\/|$)/, "/m%61in").replace(/\/absent(?=\/|$)/, "/%61bsent"),
];

const separators = ["#", "\\", "?", ";", "/", "//", "%2f", "%5c", "%23", "%3f", "/../", "/..%2f", "/%2e%2e/"];
const oddities = [
  "\t",
  "\u0001",
  "\u007f",
  "\u00e4",
  "%00",
  "%ff",
  "%",
  "%zz",
  "%25",
  "%252f",
  "@",
  ":",
  "|",
  "*",
  " ",
];
const beginnings = [
  "http:",
  "http://",
  "//",
  "\\\\",
  "http://localhost@other",
  "http://other",
  "https://localhost:1",
  "*",
];

function requestOf(random: Random): RawRequest {
  const all = Object.values(routes);
  const own = all[random.between(0, all.length - 1)] ?? all[0];
  // An administrator's operations that succeed would take away what the others are asked for.
  const session = own?.needs === "admin" ? "absent" : random.pick(sessionNames);
  const fill = (path: string): string =>
    path.replace("{session}", session).replace(/\{(prompt|approval)\}/, () => random.pick(["x", "absent"]));
  const path = fill(own?.path ?? "/");
  const method = own?.method.toUpperCase() ?? "GET";
  const scope = random.pick(tokenScopes);
  if (random.chance(0.3)) {
    const change = legal[random.between(0, legal.length - 1)] as (path: string, random: Random) => string;
    return { method, target: change(path, random), scope, headers: headersOf(random, false), plain: path };
  }
  const other = fill(all[random.between(0, all.length - 1)]?.path ?? "/").replace("main", session);
  return { method, target: mutate(path, other, random), scope, headers: headersOf(random, true), plain: undefined };
}

function mutate(path: string, other: string, random: Random): string {
  let target = path;
  for (let times = random.between(1, 3); times > 0; times--) {
    const at = random.between(0, target.length);
    const insert = (text: string): string => target.slice(0, at) + text + target.slice(at);
    switch (random.between(0, 8)) {
      case 0:
        target = insert(random.pick(separators as [string, ...string[]]));
        break;
      case 1:
        target = insert(random.pick(oddities as [string, ...string[]]));
        break;
      case 2:
        target = random.pick(beginnings as [string, ...string[]]) + target;
        break;
      // Two addresses in one: whatever cuts elsewhere runs the other operation.
      case 3:
        target = `${other}${random.pick(separators as [string, ...string[]])}${target}`;
        break;
      case 4:
        target = `/v1/sessions/main\\a@b${other.replaceAll("/", "\\")}#${target.slice(target.lastIndexOf("/"))}`;
        break;
      case 5:
        target = target.replaceAll("/", random.pick(["\\", "//", "%2f", "/./", "/;a=b/"]));
        break;
      case 6:
        target = random.chance(0.5) ? target.toUpperCase() : `${target}/`;
        break;
      case 7:
        target = encodeOne(target, at);
        break;
      case 8:
        target = `${target}?${other}#${path}`;
        break;
    }
  }
  // A line end begins the next header, and is a request of its own: the parser of heads decides about it.
  return target.replace(/[\r\n]/g, "");
}

function encodeOne(target: string, at: number): string {
  const code = target.charCodeAt(at);
  if (Number.isNaN(code) || code > 0x7f) return target;
  return `${target.slice(0, at)}%${code.toString(16).padStart(2, "0")}${target.slice(at + 1)}`;
}

function headersOf(random: Random, mayOverride: boolean): string[] {
  const common = ["Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"];
  if (random.chance(0.1)) return common;
  if (!mayOverride || random.chance(0.7)) return [];
  return [
    random.pick([
      "X-HTTP-Method-Override: DELETE",
      "X-Original-URL: /v1/audit",
      "X-Rewrite-URL: /v1/sessions/main/approvals/x/decision",
      "X-Forwarded-Prefix: /v1/audit",
      "Forwarded: host=localhost;proto=http",
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ]),
  ];
}

const decision = '{"decision":"accept"}';

function bytesOf({ method, target, scope, headers }: RawRequest): Buffer {
  const body = method === "GET" || method === "DELETE" ? "" : decision;
  const isUpgrade = headers.some((header) => header.includes("Connection: Upgrade"));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: localhost",
    `Authorization: Bearer ${tokenWith(scope)}`,
    ...(isUpgrade
      ? headers.map((header) => header.replace("Connection: Upgrade", "Connection: Upgrade, close"))
      : [...headers]),
    ...(isUpgrade ? [] : ["Connection: close"]),
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
}

/** Status, schema and code of an answer: by these one operation's answer differs from another's. */
function essence({ status, head, body }: Exchange): string {
  return [status, schemaOf(head), codeOf(body)].join(" ");
}

function schemaOf(head: string): string {
  return /\r\nlink: <\/schemas\/(\w+)\.json>/i.exec(head)?.[1] ?? "";
}

function codeOf(body: string): string {
  return /"code":"(\w+)"/.exec(body)?.[1] ?? "";
}

const everyScope = tokenScopes as readonly TokenScope[];

/** The scopes of which one must have been authorised for such an answer. */
function scopesThatAnswer(method: string, { status, head, body }: Exchange): readonly TokenScope[] {
  const code = codeOf(body);
  const isRead = method === "GET";
  if (status === 101) return ["terminal"];
  if (/content-type: text\/event-stream/i.test(head)) return ["read"];
  if (/"message":"expected required property input/.test(body)) return ["prompt"];
  if (/"message":"expected required property (content|type)/.test(body)) return ["prompt", "terminal"];
  if (/^(APPROVAL_|DECISION_)/.test(code)) return isRead ? ["read"] : ["approve"];
  if (/^(PROMPT_|NO_TURN_RUNNING)/.test(code)) return isRead ? ["read"] : ["prompt"];
  if (status === 204) return ["admin"];
  switch (schemaOf(head)) {
    case "":
    case "ErrorModel":
      return everyScope;
    case "Ticket":
      return everyScope;
    case "AuditPage":
      return ["admin"];
    case "Session":
      return isRead ? ["read"] : ["admin", "prompt"];
    case "Approval":
      return isRead ? ["read"] : ["approve"];
    case "MessageResponseBody":
      return ["prompt", "terminal"];
    default:
      return isRead ? ["read"] : ["prompt"];
  }
}

/** Actions in the audit trail by the scope that allows them. */
const actionsOf: Readonly<Record<TokenScope, RegExp>> = {
  read: /^ticket\//,
  prompt: /^(ticket|prompt|queue|turn|file)\/|^session\/(forked|created)/,
  terminal: /^(ticket|terminal)\//,
  approve: /^(ticket|approval)\//,
  admin: /^(ticket|session)\//,
};

/** Throws where a token did what its scope does not allow; returns how many entries it has seen. */
async function checkAudit(workspace: TestWorkspace, seed: string): Promise<number> {
  let seen = 0;
  for (let after: number | undefined = 0; after !== undefined;) {
    const { body } = await workspace.get(`/v1/audit?limit=200&after=${after}`, owner);
    const entries = body["entries"] as { actor: string; action: string; seq: number }[];
    for (const entry of entries) {
      const scope = /^token:only-(\w+)$/.exec(entry.actor)?.[1] as TokenScope | undefined;
      if (scope === undefined) continue;
      seen++;
      assert.match(entry.action, actionsOf[scope], `seed ${seed}: ${JSON.stringify(entry)}`);
    }
    after = body["next"] as number | undefined;
  }
  return seen;
}
