import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import { Random } from "../chaos/random.ts";
import { until } from "../support/workspace-http.ts";
import type { TestWorkspace } from "../support/workspace.ts";
import { type Figures, type FuzzOptions, inParallel, Tally } from "./fuzz.ts";
import { owner, tokenWith } from "./fuzzed-workspace.ts";

/** A frame as RFC 6455, section 5.2, describes it, each part of which may be wrong. */
interface Frame {
  readonly what: string;
  readonly bytes: Buffer;
}

/**
 * Sends raw frames to the terminal, on connections of up to four frames. Throws when the wrapper restarts or ends, when
 * the socket of another client is closed, and when an entry of the audit trail lacks the token.
 */
export async function fuzzFrames(workspace: TestWorkspace, { seed, count }: FuzzOptions): Promise<Figures> {
  const { port } = workspace.layout.listen;
  const bystander = await attach(port);
  const tally = new Tally();
  const closes = new Tally();
  const perConnection = 4;
  await inParallel(Math.ceil(count / perConnection), async (number) => {
    const random = new Random(`${seed}/${number}`);
    const frames = Array.from({ length: perConnection }, () => frameOf(random));
    const where = `seed ${seed}, connection ${number}: ${frames.map(({ what }) => what).join(", ")}`;
    try {
      closes.add(await sendFrames(port, frames, random));
    } catch (error) {
      throw new Error(where, { cause: error });
    }
    for (const { what } of frames) tally.add(what);
    assert.equal(bystander.readyState, bystander.OPEN, `${where}: another client's socket was closed`);
  });
  assert.equal((await workspace.get("/healthz", {})).status, 200);
  bystander.close();
  await once(bystander, "close");
  const audit = await auditOf(workspace);
  return { frames: count, ...tally.figures, ...closes.figures, ...audit };
}

async function attach(port: number): Promise<WebSocket> {
  const headers = { authorization: `Bearer ${tokenWith("terminal")}` };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/sessions/main/terminal`, { headers });
  await once(socket, "message");
  return socket;
}

/** Opens a socket by hand, sends the frames, and waits until the other side has closed it; how it was closed. */
async function sendFrames(port: number, frames: readonly Frame[], random: Random): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  // The wrapper may close it while frames are on their way.
  socket.on("error", () => undefined);
  const head = [
    "GET /v1/sessions/main/terminal HTTP/1.1",
    "Host: localhost",
    `Authorization: Bearer ${tokenWith("terminal")}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
  ];
  const text = `${head.join("\r\n")}\r\n\r\n`;
  // Frames that come with the head are read before the terminal is attached.
  if (random.chance(0.3)) socket.write(Buffer.concat([Buffer.from(text), ...frames.map(({ bytes }) => bytes)]));
  else {
    socket.write(text);
    await until(() => received.includes("\r\n\r\n") || socket.destroyed, "the answer to the upgrade");
    assert.match(received.subarray(0, 12).toString("latin1"), /^HTTP\/1\.1 101/);
    for (const { bytes } of frames) await write(socket, bytes, random);
  }
  const closed = new Promise((resolve) => socket.once("close", resolve));
  if (random.chance(0.1)) {
    socket.destroy();
    await closed;
    return "closed by us";
  }
  socket.end(frame({ opcode: 0x8, payload: Buffer.from([0x03, 0xe8]) }));
  await Promise.race([closed, until(() => socket.destroyed, "the socket to be closed", 40_000)]);
  return `closed with ${closeCodeOf(received)}`;
}

async function write(socket: Socket, bytes: Buffer, random: Random): Promise<void> {
  if (socket.destroyed || !socket.writable) return;
  const cut = random.chance(0.3) ? random.between(0, Math.min(bytes.length, 20)) : 0;
  const parts = [bytes.subarray(0, cut), bytes.subarray(cut)];
  for (const part of parts) await new Promise((resolve) => socket.write(part, resolve));
}

/** The code of the last close frame that came. A server's frames have no mask. */
function closeCodeOf(received: Buffer): string {
  for (let at = received.length - 4; at >= 0; at--) {
    if (received[at] !== 0x88) continue;
    const length = received[at + 1] ?? 0;
    if (length >= 2 && length < 126 && at + 2 + length === received.length)
      return String(received.readUInt16BE(at + 2));
  }
  return "no code";
}

interface FrameParts {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly fin?: boolean;
  readonly reserved?: number;
  readonly masked?: boolean;
  /** A length that the payload does not have. */
  readonly length?: bigint;
}

function frame({ opcode, payload, fin = true, reserved = 0, masked = true, length }: FrameParts): Buffer {
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const said = length ?? BigInt(payload.length);
  const maskBit = masked ? 0x80 : 0;
  let head: Buffer;
  if (length === undefined && said < 126n) head = Buffer.from([first, maskBit | Number(said)]);
  else if (length === undefined && said < 65_536n) {
    head = Buffer.from([first, maskBit | 126, 0, 0]);
    head.writeUInt16BE(Number(said), 2);
  } else {
    head = Buffer.concat([Buffer.from([first, maskBit | 127]), Buffer.alloc(8)]);
    head.writeBigUInt64BE(said, 2);
  }
  if (!masked) return Buffer.concat([head, payload]);
  const mask = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

const invalidUtf8 = [
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0xaf]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0xe2, 0x82]),
] as const;

const controls = [
  '{"type":"resize","columns":80,"rows":24}',
  '{"type":"write"}',
  '{"type":"resize","columns":1e308,"rows":-1}',
  '{"type":"__proto__"}',
  "[".repeat(5_000),
  "{",
  "null",
] as const;

function frameOf(random: Random): Frame {
  const short = Buffer.from("x".repeat(random.between(0, 125)));
  switch (random.between(0, 13)) {
    case 0:
      return { what: "a control", bytes: frame({ opcode: 1, payload: Buffer.from(random.pick(controls)) }) };
    case 1:
      // Terminal replies: none of them is typed.
      return { what: "a terminal's reply", bytes: frame({ opcode: 2, payload: Buffer.from("\u001b[1;1R") }) };
    case 2:
      return { what: "invalid UTF-8", bytes: frame({ opcode: 1, payload: random.pick(invalidUtf8) }) };
    case 3:
      return { what: "an unknown opcode", bytes: frame({ opcode: random.pick([3, 4, 7, 11, 15]), payload: short }) };
    case 4:
      return { what: "no mask", bytes: frame({ opcode: 2, payload: short, masked: false }) };
    case 5:
      return { what: "reserved bits", bytes: frame({ opcode: 1, payload: short, reserved: random.between(1, 7) }) };
    case 6:
      return { what: "a fragmented control frame", bytes: frame({ opcode: 9, payload: short, fin: false }) };
    case 7:
      return {
        what: "a long control frame",
        bytes: frame({ opcode: 9, payload: Buffer.alloc(random.between(126, 999)) }),
      };
    case 8: {
      const payload = Buffer.from([random.between(0, 255), random.between(0, 255)]);
      return { what: "any close code", bytes: frame({ opcode: 8, payload }) };
    }
    case 9:
      return { what: "a close frame of one byte", bytes: frame({ opcode: 8, payload: Buffer.from([3]) }) };
    case 10: {
      const length = random.pick([1_048_577n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]);
      return { what: "a length beyond the limit", bytes: frame({ opcode: 2, payload: short, length }) };
    }
    case 11:
      return { what: "a continuation of nothing", bytes: frame({ opcode: 0, payload: short }) };
    case 12: {
      const first = frame({ opcode: 1, payload: short, fin: false });
      return {
        what: "a message within a message",
        bytes: Buffer.concat([first, frame({ opcode: 1, payload: short })]),
      };
    }
    default: {
      const bytes = Buffer.from(Array.from({ length: random.between(1, 200) }, () => random.between(0, 255)));
      return { what: "any bytes", bytes };
    }
  }
}

/** Throws where an entry of a terminal lacks its token, or where one that was opened was not closed. */
async function auditOf(workspace: TestWorkspace): Promise<Figures> {
  const tally = new Tally();
  await until(async () => {
    const open = (await entriesOf(workspace)).reduce((sum, { action }) => sum + (openings[action] ?? 0), 0);
    return open === 0;
  }, "every terminal that was opened to be closed in the audit trail");
  for (const { actor, action, details } of await entriesOf(workspace)) {
    if (!action.startsWith("terminal/")) continue;
    assert.equal(actor, "token:only-terminal", action);
    tally.add(`audit: ${action}${details["problem"] === undefined ? "" : " with its problem"}`);
  }
  return tally.figures;
}

const openings: Readonly<Record<string, number>> = { "terminal/opened": 1, "terminal/closed": -1 };

interface AuditedEntry {
  readonly actor: string;
  readonly action: string;
  readonly details: Record<string, unknown>;
}

async function entriesOf(workspace: TestWorkspace): Promise<AuditedEntry[]> {
  const entries: AuditedEntry[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const { body } = await workspace.get(`/v1/audit?limit=500&after=${after}`, owner);
    entries.push(...(body["entries"] as AuditedEntry[]));
    after = body["next"] as number | undefined;
  }
  return entries;
}
