import assert from "node:assert/strict";
import { routes } from "@codex-workspace/api";
import { Random } from "../chaos/random.ts";
import type { TestWorkspace } from "../support/workspace.ts";
import { type Figures, type FuzzOptions, inParallel, Tally } from "./fuzz.ts";
import { owner } from "./fuzzed-workspace.ts";
import { exchange } from "./raw-exchange.ts";

/** Every operation that is not read has a body, or ignores the one it gets. */
const changes = Object.values(routes).filter(({ method }) => method === "post");

/**
 * Sends bodies to every operation that takes one, as a token that may do everything. Throws at the first answer of 500 or
 * above, and where the wrapper does not answer afterwards. Prompts stay in a paused queue: Codex gets none of them.
 */
export async function fuzzBodies(workspace: TestWorkspace, { seed, count }: FuzzOptions): Promise<Figures> {
  const { port } = workspace.layout.listen;
  const { pid } = workspace;
  const tally = new Tally();
  await workspace.post("/v1/sessions/main/queue/pause", {}, owner);
  await inParallel(count, async (number) => {
    const random = new Random(`${seed}/${number}`);
    const { path } = changes[random.between(0, changes.length - 1)] ?? changes[0] ?? { path: "/" };
    const target = path
      .replace("{session}", /fork|archive|resume/.test(path) ? "absent" : "main")
      .replace("{approval}", "absent");
    const { type, text, what } = path === "/upload" ? formOf(random) : jsonOf(random);
    const where = `seed ${seed}, body ${number} (${what}) to ${target}: ${text.slice(0, 300)}`;
    const head = [
      `POST ${target} HTTP/1.1`,
      "Host: localhost",
      `Authorization: ${owner.authorization}`,
      `Content-Type: ${type}`,
      ...(random.chance(0.1) ? [`Idempotency-Key: ${random.pick(["a", "__proto__", "constructor"])}`] : []),
      `Content-Length: ${Buffer.byteLength(text)}`,
      "Connection: close",
    ];
    const bytes = Buffer.from(`${head.join("\r\n")}\r\n\r\n${text}`);
    const answer = await exchange(port, bytes, 30_000).catch(unlessCutOff);
    if (answer === undefined) {
      tally.add("connection ended before the body");
      return;
    }
    // TERMINAL_FAILED and the like are what Codex says, not what a body does: none of them comes from here.
    assert.ok(answer.status > 0 && answer.status < 500, `${where}: ${answer.status} ${answer.body.slice(0, 500)}`);
    tally.add(what);
    tally.add(`status ${answer.status}`);
  });
  assert.equal((await workspace.get("/healthz", {})).status, 200);
  assert.equal(workspace.pid, pid);
  return { bodies: count, ...tally.figures };
}

/** An operation that reads no body answers and closes at once: the answer is lost when the rest of the body comes. */
function unlessCutOff(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "EPIPE" && error.code !== "ECONNRESET") throw error;
}

interface Body {
  readonly what: string;
  readonly type: string;
  readonly text: string;
}

const names = [
  ...[
    "input",
    "content",
    "type",
    "name",
    "decision",
    "comment",
    "scopes",
    "whenBusy",
    "outputSchema",
    "model",
    "effort",
  ],
  ...["answers", "profile", "sandboxMode", "approvalPolicy", "__proto__", "constructor", "toString", "", "a.b", "0"],
] as const;

const texts = [
  "",
  "user",
  "raw",
  "main",
  "accept",
  "queue",
  "reject",
  "__proto__",
  "constructor",
  "\\ud800",
  "\\udc00x",
] as const;

function jsonOf(random: Random): Body {
  const type = random.pick(["application/json", "application/json; charset=utf-8", "", "application/problem+json"]);
  const of = (what: string, text: string): Body => ({ what, type, text });
  const name = JSON.stringify(random.pick(names));
  switch (random.between(0, 7)) {
    case 0: {
      const depth = random.pick([32, 63, 64, 65, 125, 1_000, 20_000, 200_000]);
      const [open, close] = random.pick<readonly [string, string]>([
        ["[", "]"],
        ['{"a":', "}"],
        ['[{"__proto__":', "}]"],
      ]);
      const value = open.repeat(depth) + "1" + (random.chance(0.8) ? close.repeat(depth) : "");
      return of("deep", random.chance(0.5) ? `{${name}:${value}}` : value);
    }
    case 1: {
      const width = random.pick([1_000, 50_000]);
      const members = Array.from({ length: width }, (_, index) => `"k${index}":${index}`).join(",");
      return of("wide", random.chance(0.5) ? `{${members}}` : `{${name}:{${members}}}`);
    }
    case 2:
      return of("a huge key", `{"${random.pick(["k", "\\ud800", "\\u0000"]).repeat(random.pick([100, 50_000]))}":1}`);
    case 3:
      return of("half a surrogate as a key", `{${name}:{"\\ud800":{"\\udfff":"\\ud800"}},"\\ud83d":1}`);
    case 4:
      return of("a key twice", `{${name}:${valueOf(random, 2)},${name}:${valueOf(random, 2)}}`);
    case 5: {
      const text = `{${name}:${valueOf(random, 3)}}`;
      const at = random.between(0, text.length);
      return of(
        "no JSON",
        text.slice(0, at) + random.pick(["\u0000", "\\", '"', "}", "\ud83d\ude00", "NaN"]) + text.slice(at),
      );
    }
    default: {
      const members = Array.from({ length: random.between(0, 4) }, () => {
        return `${JSON.stringify(random.pick(names))}:${valueOf(random, 3)}`;
      });
      return of("any JSON", random.chance(0.9) ? `{${members.join(",")}}` : valueOf(random, 3));
    }
  }
}

function valueOf(random: Random, depth: number): string {
  const scalars = ["null", "true", "-0", "1e400", "9007199254740993", "0.1", `"${random.pick(texts)}"`] as const;
  if (depth === 0 || random.chance(0.5)) return random.pick(scalars);
  const values = Array.from({ length: random.between(0, 3) }, () => valueOf(random, depth - 1));
  if (random.chance(0.5)) return `[${values.join(",")}]`;
  return `{${values.map((value) => `${JSON.stringify(random.pick(names))}:${value}`).join(",")}}`;
}

function formOf(random: Random): Body {
  const boundary = random.pick([
    "x",
    "b".repeat(70),
    "b".repeat(250),
    "b".repeat(253),
    "b".repeat(5_000),
    '""',
    '"',
    "\\",
  ]);
  const disposition = random.pick([
    'form-data; name="file"; filename="a.txt"',
    'form-data; name="file"; filename=""',
    'form-data; name="file"; filename="../../a"',
    `form-data; name="file"; filename="${"n".repeat(5_000)}"`,
    `form-data; name="${"f".repeat(90_000)}"`,
    "form-data; name*=utf-8''%ff; filename*=x'y'%zz",
    "form-data",
    "",
    "__proto__; name=file",
  ]);
  const encoding = random.pick([
    "",
    "\r\nContent-Transfer-Encoding: base64",
    "\r\nContent-Type: text/plain; charset=none",
  ]);
  const end = random.pick(["\r\n--", "\r\n-", "", "--"]);
  const text = `--${boundary}\r\nContent-Disposition: ${disposition}${encoding}\r\n\r\nhello\r\n--${boundary}${end}`;
  return { what: "a form", type: `multipart/form-data; boundary=${boundary}`, text };
}
