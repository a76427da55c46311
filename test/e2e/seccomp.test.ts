import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seccompProfile } from "@codex-workspace/agent-wrapper/image";
import { containerPaths } from "@codex-workspace/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, testLabel, withoutDocker } from "../support/docker.ts";
import { testImage } from "../support/image.ts";

const reason = (await withoutDocker()) ?? (process.arch === "x64" ? undefined : "the program is for x86-64");
const program = fileURLToPath(new URL("../support/programs/tries-system-calls.c", import.meta.url));

const ordinary = ["unix", "unix-seqpacket", "tcp", "tcp-by-name", "tcp6", "udp", "udp6", "netlink-route", "unix-pair"];
const allowed = [...ordinary, "personality", "reuse-address", "no-delay"];

/** In Codex's sandbox without network, Codex itself refuses all sockets but local ones. */
const local = ["unix", "unix-seqpacket", "unix-pair", "personality"];

const config = `default_permissions = ":workspace"
[permissions.online]
extends = ":workspace"
[permissions.online.network]
enabled = true
`;

describe.skipIf(reason !== undefined)(
  `the seccomp profile of a workspace${reason === undefined ? "" : ` (SKIPPED: ${reason})`}`,
  () => {
    let directory: string;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "codex-workspace-seccomp-"));
      execFileSync("gcc", ["-static", "-O1", "-o", join(directory, "tries-system-calls"), program]);
      await writeFile(join(directory, "seccomp.json"), seccompProfile());
      await writeFile(join(directory, "config.toml"), config);
      execFileSync("chmod", ["-R", "a+rX", directory]);
    });
    afterAll(() => rm(directory, { recursive: true }));

    /** What came of each system call, as uid codex under the hardening of a workspace. */
    async function outcomes(
      command: string,
      profile = join(directory, "seccomp.json"),
    ): Promise<ReadonlyMap<string, string>> {
      const capabilities = ["CHOWN", "KILL", "SETGID", "SETPCAP", "SETUID"].flatMap((one) => ["--cap-add", one]);
      const said = await docker([
        ...["run", "--rm", "--label", `${testLabel}=seccomp`, "--network", "none", "--read-only", "--init"],
        ...["--cap-drop", "ALL", ...capabilities, "--security-opt", "no-new-privileges"],
        ...["--security-opt", `seccomp=${profile}`, "-v", `${directory}:/probe:ro`],
        ...["--tmpfs", "/tmp:exec,mode=1777", "--tmpfs", "/run", "-v", "/home", "-v", "/workspace"],
        ...[
          "-e",
          `CODEX_WORKSPACE_CHILD_HOME=/home/codex`,
          "-e",
          "CODEX_WORKSPACE_CHILD_PATH=/usr/local/bin:/usr/bin:/bin",
        ],
        ...["--entrypoint", containerPaths.launchProgram, await testImage()],
        ...["as", "1000", "/workspace", "/bin/sh", "-c", command],
      ]);
      return new Map([...said.matchAll(/^(.*?): (.*)$/gm)].map(([, name = "", outcome = ""]) => [name, outcome]));
    }

    const inSandbox = (permissions: string, command: string): string =>
      `mkdir ~/.codex && cp /probe/config.toml ~/.codex/ && exec codex sandbox -P ${permissions} -- ${command}`;

    test.each([
      ["in the container", "/probe/tries-system-calls", allowed],
      ["in namespaces of the agent's own", "/probe/tries-system-calls namespace", allowed],
      ["in Codex's sandbox", inSandbox(":workspace", "/probe/tries-system-calls"), local],
      ["in Codex's sandbox with network", inSandbox("online", "/probe/tries-system-calls"), allowed],
      ["in namespaces in Codex's sandbox", inSandbox("online", "/probe/tries-system-calls namespace"), allowed],
    ])("%s allows ordinary sockets, and nothing that reaches further into the kernel", async (_, command, expected) => {
      const found = await outcomes(command);
      const refused = [...found].filter(([name]) => name.startsWith("refused "));

      expect([...found].filter(([, outcome]) => outcome === "ok").map(([name]) => name)).toEqual(expected);
      expect(refused).toHaveLength(71);
      // Those of the kernel itself would say that it knows no such family, or would depend on the kernel.
      const answers = new Set(refused.map(([, outcome]) => outcome));
      expect([...answers].sort()).toEqual(["Bad system call", "Function not implemented", "Operation not permitted"]);
      expect(refused.filter(([, outcome]) => outcome === "Function not implemented")).toEqual([
        ["refused clone3", "Function not implemented"],
      ]);
      expect(refused.filter(([, outcome]) => outcome === "Bad system call").map(([name]) => name)).toEqual([
        ...["getpid", "socket", "socketcall", "keyctl"].map((name) => `refused legacy-${name}`),
        ...["getpid", "socket"].map((name) => `refused x32-${name}`),
      ]);
    });

    test("would find each of them where no profile is", async () => {
      const found = await outcomes("/probe/tries-system-calls namespace", "unconfined");

      for (const name of ["packet", "packet-old-name", "netlink-netfilter", "legacy-getpid", "vsock-upper-half"])
        expect(found.get(`refused ${name}`), name).not.toBe("Operation not permitted");
    });
  },
);
