#!/usr/bin/env node
// Codex, but for some requests that it gets in a form that it cannot read, and so never answers: those of the methods that
// the file `deaf-to` of its directory names, and prompts that contain "unreadable". A prompt that says "held for N ms"
// reaches it that much later. With the line "start" in that file, its app-server never listens.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { codexBinary } from "../codex.ts";

const args = process.argv.slice(2);
const listen = args.findIndex((arg) => arg.startsWith("ws://"));
const port = listen === -1 ? 0 : Number(new URL(args[listen]).port);
if (listen !== -1 && deafTo().includes("start")) await delay(2 ** 31 - 1);
const codex = spawn(
  codexBinary(),
  args.map((arg, index) => (index === listen ? "ws://127.0.0.1:0" : arg)),
  { stdio: ["inherit", listen === -1 ? "inherit" : "pipe", listen === -1 ? "inherit" : "pipe"] },
);
codex.once("exit", (code) => process.exit(code ?? 1));
process.on("SIGTERM", () => codex.kill());

for (const output of [codex.stdout, codex.stderr]) {
  if (output !== null) createInterface({ input: output }).on("line", serve);
}

function serve(line) {
  const [, inner] = /listening on: (ws:\/\/\S+)/.exec(line) ?? [];
  if (inner === undefined) return;
  const server = new WebSocketServer({ host: "127.0.0.1", port });
  server.on("listening", () => console.log(`  listening on: ws://127.0.0.1:${port}`));
  server.on("connection", (outer, { headers }) => {
    const target = new WebSocket(inner, { headers: { authorization: headers.authorization } });
    target.on("message", (data) => outer.send(String(data)));
    target.on("close", () => outer.close());
    outer.on("close", () => target.close());
    const open = new Promise((resolve) => target.once("open", resolve));
    outer.on("message", (data) => void open.then(() => pass(String(data), target)));
  });
}

async function pass(text, target) {
  const { method = "" } = JSON.parse(text);
  if (method === "turn/start") {
    const [, ms] = /held for (\d+) ms/.exec(text) ?? [];
    if (ms !== undefined) await delay(Number(ms));
  }
  const isDeaf = deafTo().includes(method) || (method === "turn/start" && text.includes("unreadable"));
  target.send(isDeaf ? unreadable(text) : text);
}

function deafTo() {
  try {
    return readFileSync("deaf-to", "utf8").split("\n");
  } catch {
    return [];
  }
}

/** Deeper than Codex's JSON reader goes. */
function unreadable(text) {
  return `${text.slice(0, -1)},"deep":${"[".repeat(200)}${"]".repeat(200)}}`;
}
