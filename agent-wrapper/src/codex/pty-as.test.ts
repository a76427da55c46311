import type { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { ptyAs } from "./pty-as.ts";

test("an error of the terminal's file ends that terminal alone", async () => {
  const command = { file: "/bin/cat", args: [], cwd: "/", env: {} };
  const pty = ptyAs({ kind: "self" }, command, { columns: 80, rows: 24 });
  const exited = new Promise((resolve) => pty.onExit(resolve));
  const { _socket: file } = pty as unknown as { readonly _socket: EventEmitter };
  expect(() => file.emit("error", Object.assign(new Error("bad file"), { code: "EBADF" }))).not.toThrow();
  pty.kill("SIGKILL");
  await exited;
});
