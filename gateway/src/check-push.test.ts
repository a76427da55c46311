import { randomInt } from "node:crypto";
import { describe, expect, test } from "vitest";
// @ts-expect-error -- a program of the image, for nginx
import program from "../image/check-push.js";

interface Answer {
  readonly status: number;
  readonly text: string;
}
type Push = { readonly fault?: string };
const { readPush, answerTo, defaultBranchOf } = program as {
  readPush: (body: Buffer) => Push;
  answerTo: (push: Push, defaultBranch: string | undefined) => Answer | undefined;
  defaultBranchOf: (status: number, text: string) => string | undefined;
};

const [old, next, zero] = ["1".repeat(40), "2".repeat(40), "0".repeat(40)];
const capabilities = " report-status-v2 side-band-64k object-format=sha1 agent=git/2.39.5-Linux";

const packet = (text: string): string => (Buffer.byteLength(text) + 4).toString(16).padStart(4, "0") + text;
/** A push as git sends it: commands, a flush, and the beginning of a pack. */
const pushOf = (...refs: readonly string[]): string =>
  `${refs.map((ref, index) => packet(`${old} ${next} ${ref}${index === 0 ? `\0${capabilities}` : ""}`)).join("")}0000PACK`;
const answer = (body: string | Buffer, defaultBranch: string | undefined = "main"): Answer | undefined =>
  answerTo(readPush(Buffer.from(body)), defaultBranch);

describe("passes on", () => {
  test.each([
    ["a branch", pushOf("refs/heads/feature")],
    ["several branches", pushOf("refs/heads/a", "refs/heads/b/c", "refs/heads/main2")],
    ["a branch with other letters", pushOf("refs/heads/ümläut")],
    ["a new branch", `${packet(`${zero} ${next} refs/heads/new\0${capabilities}`)}0000PACK`],
    ["a push of a shallow clone", `${packet(`shallow ${old}`)}${pushOf("refs/heads/feature")}`],
    ["git's question whether it may push", "0000"],
  ])("%s", (_, body) => {
    expect(answer(body)).toBeUndefined();
  });
});

describe("refuses", () => {
  test.each([
    [
      "the default branch",
      pushOf("refs/heads/main"),
      /ng refs\/heads\/main the grant does not allow the default branch/,
    ],
    ["the default branch in other letters", pushOf("refs/heads/Main"), /default branch/],
    [
      "the default branch beside another",
      pushOf("refs/heads/a", "refs/heads/main"),
      /ng refs\/heads\/a another branch/,
    ],
    ["a tag", pushOf("refs/tags/v1"), /branches only/],
    ["any other ref", pushOf("refs/pull/1/head"), /branches only/],
    ["HEAD", pushOf("HEAD"), /branches only/],
    ["a name that climbs", pushOf("refs/heads/../heads/main"), /branches only/],
    ["a name with two slashes", pushOf("refs/heads//main"), /branches only/],
    ["a name that ends with a dot", pushOf("refs/heads/main."), /branches only/],
    ["a name that ends with .lock", pushOf("refs/heads/main.lock"), /branches only/],
    ["a deletion", `${packet(`${old} ${zero} refs/heads/a\0${capabilities}`)}0000`, /deletion of branches/],
    ["a signed push", `${packet("push-cert\0 report-status")}0000PACK`, /signed/],
    ["options", `${packet(`${old} ${next} refs/heads/a\0 push-options`)}0000PACK`, /options/],
    ["a capability that is not known", `${packet(`${old} ${next} refs/heads/a\0 odd`)}0000PACK`, /capability/],
    [
      "capabilities twice",
      `${pushOf("refs/heads/a").slice(0, -8)}${packet(`${old} ${next} refs/heads/b\0x`)}0000PACK`,
      /twice/,
    ],
    ["a compressed body", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), /compressed/],
    ["a body that is cut", pushOf("refs/heads/a").slice(0, 30), /packet|cut/],
    ["commands without a pack", pushOf("refs/heads/a").slice(0, -4), /no pack/],
    ["a flush and then commands", `0000${pushOf("refs/heads/main")}`, /no command/],
    ["a packet of the length 1", `0001${pushOf("refs/heads/a")}`, /length/],
    ["a space in front of the ref", `${packet(`${old} ${next}  refs/heads/main\0${capabilities}`)}0000PACK`, /format/],
    ["nothing", "", /compressed|cut/],
  ])("%s", (_, body, reason) => {
    expect(answer(body)?.text).toMatch(reason);
  });

  test("every branch when GitHub does not say which one is the default", () => {
    expect(answerTo(readPush(Buffer.from(pushOf("refs/heads/a"))), undefined)?.text).toMatch(/cannot read the name/);
  });

  test("in words that git shows, where git asked for a report", () => {
    expect(answer(pushOf("refs/heads/main"))).toMatchObject({ status: 200 });
    const plain = `${packet(`${old} ${next} refs/heads/main\0 quiet`)}0000PACK`;
    expect(answer(plain)).toMatchObject({ status: 403, text: expect.stringContaining("default branch") as string });
  });
});

test.each([
  [200, '{"default_branch":"main"}', "main"],
  [200, '{"default_branch":"é"}', "\u00c3\u00a9"],
  [200, '{"default_branch":""}', undefined],
  [200, '{"default_branch":1}', undefined],
  [200, "no JSON", undefined],
  [404, '{"default_branch":"main"}', undefined],
  [301, "", undefined],
])("the default branch in an answer %i %s is %s", (status, text, name) => {
  expect(defaultBranchOf(status, text)).toBe(name);
});

test("no changed byte makes a push of another ref pass: what passes names allowed branches alone, by another reading", () => {
  const seed = randomInt(2 ** 31);
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state % limit;
  };
  const refs = ["refs/heads/a", "refs/heads/main", "refs/tags/v1", "refs/heads/feature/x", "refs/heads/MAIN", "HEAD"];
  let passed = 0;
  for (let round = 0; round < 20_000; round++) {
    const names = Array.from({ length: 1 + below(3) }, () => refs[below(2) === 0 ? 0 : below(refs.length)] ?? "");
    const body = Buffer.from(pushOf(...names), "latin1");
    for (let change = below(4); change > 0; change--) {
      const at = below(body.length);
      body[at] = [body[below(body.length)] ?? 0, below(256), 0x30, 0x20, 0][below(5)] ?? 0;
    }
    if (answer(body) !== undefined) continue;
    passed++;
    expect(
      refsOf(body).filter((ref) => !/^refs\/heads\/(?!main$)[^\0 ]+$/i.test(ref)),
      `seed ${seed}, ${round}`,
    ).toEqual([]);
  }
  expect(passed).toBeGreaterThan(200);
});

/** The refs of a push as git's own server reads them: pkt-lines until the first flush, a name up to NUL, a newline at its end. */
function refsOf(body: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; ;) {
    const length = Number.parseInt(body.toString("latin1", at, at + 4), 16);
    if (length === 0) return found;
    const line = body.toString("latin1", at + 4, at + length);
    if (!line.startsWith("shallow ")) found.push(line.split("\0")[0]?.replace(/\n$/, "").slice(82) ?? "");
    at += length;
  }
}
