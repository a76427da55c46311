import { codexIntegrity, CODEX_PIN } from "@codex-workspace/core";
import { buildContext, type ImageInputs, seccompProfile, wrapperVersion } from "@codex-workspace/agent-wrapper/image";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker, type DockerRun, runDocker, testLabel, withoutDocker } from "../support/docker.ts";
import { buildImage, removeImages, testCertificate, testImage, testImageInputs } from "../support/image.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED the image: ${reason}`);

const label = `${testLabel}=image`;
/** A line of the certificate's body, which no other file has. */
const certificateLine = testCertificate.split("\n")[5]!;

describe.skipIf(reason !== undefined)("the image of a workspace", () => {
  const made: string[] = [];
  let image: string;

  beforeAll(async () => {
    image = await testImage();
  });
  afterAll(async () => {
    await removeImages(made);
  });

  /** For an image that is removed after the tests: another run of them may have the same one. */
  function ownTag(): string {
    const tag = `codex-workspace-test/variant:${process.pid}-${made.length}`;
    made.push(tag);
    return tag;
  }

  /** Builds a variant, and returns its tag. */
  async function build(changes: Partial<ImageInputs>, programs?: Record<string, Uint8Array>): Promise<string> {
    const tag = ownTag();
    const context = buildContext({ ...testImageInputs, ...changes }, { programs });
    const { exitCode, stdout, stderr } = await buildImage({ ...context, tag }, ["--label", label]);
    if (exitCode !== 0) throw new Error(`${stdout}\n${stderr}`);
    return tag;
  }

  /** What a shell in the image prints. */
  function shell(script: string, tag = image): Promise<string> {
    return docker(["run", "--rm", "--label", label, "--entrypoint", "sh", tag, "-c", script]);
  }

  it("says which versions and which context it was built of", async () => {
    const labels = JSON.parse(await docker(["image", "inspect", "-f", "{{json .Config.Labels}}", image])) as unknown;

    expect(labels).toMatchObject({
      "dev.codex-workspace.version": wrapperVersion(),
      "dev.codex-workspace.codex-version": CODEX_PIN,
      "dev.codex-workspace.context-hash": expect.stringMatching(`^${image.split("-").at(-1)!}[0-9a-f]{52}$`) as unknown,
      "org.opencontainers.image.version": wrapperVersion(),
      "org.opencontainers.image.base.name": testImageInputs.baseImage,
    });
  });

  it("is 850 MB at most", async () => {
    const bytes = Number(await docker(["image", "inspect", "-f", "{{.Size}}", image]));

    expect(bytes).toBeLessThanOrEqual(850e6);
  });

  it("has the pinned Codex, Node 24 and the tools of an agent", async () => {
    expect(await shell("codex --version")).toBe(`codex-cli ${CODEX_PIN}`);
    expect(await shell("node --version")).toMatch(/^v24\./);
    expect(
      await shell(
        "for tool in npm npx git gh rg bwrap ssh setpriv; do command -v $tool >/dev/null || echo no $tool; done",
      ),
    ).toBe("");
  });

  it("has no compiler, no package lists, no caches and no build context", async () => {
    expect(await shell("for tool in cc gcc g++ make python3; do command -v $tool; done; true")).toBe("");
    expect(
      await shell(
        `find /var/lib/apt/lists /var/cache /var/log ~root /tmp /build -type f 2>/dev/null | grep -v "^$(echo ~root)/\\.\\(bashrc\\|profile\\)$"; true`,
      ),
    ).toBe("");
  });

  it("has nothing that raises whoever runs it, and nothing that everybody may write but for sticky directories", async () => {
    expect(await shell("find / -xdev -perm /6000")).toBe("");
    expect((await shell("find / -xdev ! -type l -perm -2 -exec stat -c '%a %n' {} +")).split("\n").sort()).toEqual([
      "1777 /run/lock",
      "1777 /tmp",
      "1777 /var/tmp",
    ]);
  });

  it("belongs to root but for two homes and the project, and no account has a password", async () => {
    const theirs = await shell(
      "find / -xdev ! -user root -path '/*/*' ! -path '/home/codex*' ! -path '/home/terminal*'",
    );

    expect(theirs).toBe("");
    expect(await shell("stat -c %U /workspace; cut -d: -f2 /etc/shadow | sort -u")).toBe("codex\n!\n*");
  });

  it("gives each of the three users a home that the others cannot read", async () => {
    const found = await shell(
      "stat -c '%n %u:%g %a' /home/* /workspace /etc/codex-workspace; id -un 1000; id -un 9001; id -u",
    );

    expect(found.split("\n")).toEqual([
      "/home/codex 1000:1000 700",
      "/home/terminal 9001:9001 700",
      "/home/wrapper 0:0 700",
      "/workspace 1000:1000 755",
      "/etc/codex-workspace 0:0 755",
      "codex",
      "terminal",
      "0",
    ]);
  });

  it("hands those homes on to an empty volume", async () => {
    const found = await docker([
      "run",
      "--rm",
      "--label",
      label,
      "-v",
      "/home",
      "--entrypoint",
      "sh",
      image,
      "-c",
      "stat -c '%n %u %a' /home/*",
    ]);

    expect(found.split("\n")).toEqual(["/home/codex 1000 700", "/home/terminal 9001 700", "/home/wrapper 0 700"]);
  });

  it("starts a PTY with the node-pty it was built with", async () => {
    const program = `import { spawn } from "node-pty"; spawn("tty", [], {}).onData((data) => process.stdout.write(data));`;
    const run = await docker(
      [
        ...["run", "--rm", "-i", "--label", label, "-w", "/opt/codex-workspace/agent-wrapper"],
        ...["--entrypoint", "/opt/codex-workspace/node/bin/node", image, "--input-type=module", "-"],
      ],
      program,
    );

    expect(run).toMatch(/^\/dev\/pts\/\d+$/);
  });

  it("is not healthy while nothing answers, and healthy once the session takes prompts", async () => {
    expect(await healthcheck(`check();`)).toMatch(/ECONNREFUSED.*exit code 1$/s);
    expect(await healthcheck(`answer(200).listen(3284, check);`)).toBe("exit code 0");
    expect(await healthcheck(`answer(503).listen(3284, check);`)).toBe("exit code 1");
    expect(await healthcheck(`answer(200).listen(3285, check);`, ["CODEX_WORKSPACE_PORT=3285"])).toBe("exit code 0");
  });

  /** Runs a program in the image that can `answer` /readyz with a status, all else with 200, and `check` the health once. */
  function healthcheck(program: string, variables: readonly string[] = []): Promise<string> {
    const setting = `
      import { spawn } from "node:child_process";
      import { createServer } from "node:http";
      const answer = (status) =>
        createServer(({ url }, response) => response.writeHead(url === "/readyz" ? status : 200).end());
      const check = () =>
        spawn(process.execPath, ["/opt/codex-workspace/healthcheck.mjs"], { stdio: ["ignore", 1, 1] }).on("exit", (code) => {
          console.log("exit code " + code);
          process.exit();
        });`;
    return docker(
      [
        ...["run", "--rm", "-i", "--label", label, ...variables.flatMap((variable) => ["--env", variable])],
        ...["--entrypoint", "/opt/codex-workspace/node/bin/node", image, "--input-type=module", "-"],
      ],
      setting + program,
    );
  }

  describe("Codex's sandbox under the hardening of a workspace", () => {
    let directory: string;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "codex-workspace-seccomp-"));
    });
    afterAll(() => rm(directory, { recursive: true }));

    /** Runs a shell command in the sandbox, as uid codex, as the wrapper starts Codex. */
    async function sandbox(
      command: string,
      seccomp: string | undefined,
      permissions = ":workspace",
      tag = image,
    ): Promise<DockerRun> {
      const profile = join(directory, "seccomp.json");
      if (seccomp !== undefined) await writeFile(profile, seccomp);
      const asCodex =
        "setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all --ambient-caps=-all --bounding-set=-all --no-new-privs env HOME=/home/codex";
      const config = '[permissions.online]\nextends = ":workspace"\n[permissions.online.network]\nenabled = true';
      const script = `mkdir ~/.codex && echo '${config}' > ~/.codex/config.toml && sed -i '1i default_permissions = ":workspace"' ~/.codex/config.toml && exec codex sandbox -P ${permissions} -- sh -c '${command}'`;
      return runDocker([
        ...["run", "--rm", "--label", label, "--read-only", "--init", "--security-opt", "no-new-privileges"],
        ...[
          "--cap-drop",
          "ALL",
          ...["CHOWN", "KILL", "SETGID", "SETPCAP", "SETUID"].flatMap((name) => ["--cap-add", name]),
        ],
        ...["--tmpfs", "/tmp:exec,mode=1777", "--tmpfs", "/run", "-v", "/home", "-v", "/workspace"],
        ...(seccomp === undefined ? [] : ["--security-opt", `seccomp=${profile}`]),
        ...["--entrypoint", "sh", tag, "-c", `exec ${asCodex} sh -c "$0"`, script],
      ]);
    }

    it("works with our seccomp profile: the project is writable, nothing else, and no capability is left", async () => {
      const { exitCode, stdout, stderr } = await sandbox(
        'id -u; touch /workspace/file && echo written; touch ~/file || echo refused; grep -E "^Cap(Eff|Bnd)|^NoNewPrivs" /proc/self/status',
        seccompProfile(),
      );

      expect(stdout.split("\n"), stderr).toEqual([
        "1000",
        "written",
        "refused",
        "CapEff:\t0000000000000000",
        "CapBnd:\t0000000000000000",
        "NoNewPrivs:\t1",
      ]);
      expect(exitCode).toBe(0);
    });

    it("is refused with Docker's default profile", async () => {
      const { exitCode, stderr } = await sandbox("true", undefined);

      expect(exitCode).not.toBe(0);
      expect(stderr).toContain("No permissions to create new namespace");
    });

    it.each([":workspace", "online"])("shuts the network out exactly where it shall: %s", async (permissions) => {
      const { stdout, stderr } = await sandbox(
        "tail -n +3 /proc/net/dev | cut -d: -f1 | xargs echo",
        seccompProfile(),
        permissions,
      );

      expect(stdout, stderr).toBe(permissions === "online" ? "lo eth0" : "lo");
    });

    it.each(["clone", "unshare", "mount", "pivot_root", "umount2"])(
      "needs %s, which our profile adds",
      async (call) => {
        const { exitCode, stderr } = await sandbox("true", profileWithout(call));

        expect(exitCode).not.toBe(0);
        expect(stderr).toContain("bwrap: ");
      },
    );

    it("works with our seccomp profile in the oldest Codex that we know, too", async () => {
      const oldest = await build({ codexVersion: "0.140.0" });

      for (const permissions of [":workspace", "online"]) {
        const { stdout, stderr } = await sandbox("codex --version", seccompProfile(), permissions, oldest);
        expect(stdout, stderr).toBe("codex-cli 0.140.0");
      }
    });
  });

  it("refuses a Codex that is not the pinned one, and names both hashes", async () => {
    const expected = codexIntegrity("0.155.0", process.arch === "arm64" ? "arm64" : "x64")!;
    const { exitCode, stdout, stderr } = await buildImage(
      buildContext(testImageInputs, { codexIntegrity: [expected] }),
    );

    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain(
      `expected ${expected}, found ${codexIntegrity(CODEX_PIN, process.arch === "arm64" ? "arm64" : "x64")!}`,
    );
  });

  describe("with a Codex that the base image has", () => {
    const base = ownTag();

    beforeAll(async () => {
      // As `npm install --global @openai/codex` leaves it.
      const target = process.arch === "arm64" ? "aarch64-unknown-linux-musl" : "x86_64-unknown-linux-musl";
      const packages = "/usr/local/lib/node_modules/@openai";
      const native = `${packages}/codex/node_modules/@openai/codex-linux-${process.arch}`;
      const dockerfile = [
        `FROM ${image} AS ours`,
        `FROM ${testImageInputs.nodeImage}`,
        `COPY --from=ours /opt/codex ${native}/vendor/${target}`,
        `RUN mkdir ${packages}/codex/bin && echo '#!/usr/bin/env node' > ${packages}/codex/bin/codex.js`,
        `RUN chmod 755 ${packages}/codex/bin/codex.js && ln -s ${packages}/codex/bin/codex.js /usr/local/bin/codex`,
      ];
      await docker(["build", "--label", label, "--tag", base, "-"], dockerfile.join("\n"));
    });

    it("runs that one, and brings none", async () => {
      const tag = await build({ baseImage: base, installCodex: false });

      expect(await shell("codex --version; readlink -f /usr/local/bin/codex; ls /opt/codex", tag)).toMatch(
        new RegExp(`^codex-cli ${CODEX_PIN}\n/usr/local/lib/node_modules/@openai/codex/.*/vendor/.*/bin/codex$`),
      );
      const sandboxed = "setpriv --reuid 1000 --regid 1000 --clear-groups env HOME=/tmp codex --version";
      expect(await shell(sandboxed, tag)).toBe(`codex-cli ${CODEX_PIN}`);
    });

    it("is still replaced by ours, where that is not asked for", async () => {
      const tag = await build({ baseImage: base });

      expect(await shell("readlink -f /usr/local/bin/codex", tag)).toBe("/opt/codex/bin/codex");
    });

    it.each([
      ["there is none", {}, "there is no codex on PATH"],
      [
        "it is another version",
        { baseImage: base, codexVersion: "0.162.1" },
        `is codex-cli ${CODEX_PIN}, and the workspace is pinned to Codex 0.162.1`,
      ],
      [
        "it is a script of somebody's",
        { setupScript: "#!/bin/sh\nprintf '#!/bin/sh\\n' > /usr/bin/codex && chmod 755 /usr/bin/codex\n" },
        "/usr/bin/codex is a script, and its native program is not where npm has it",
      ],
    ])("is refused in words when %s", async (_, changes, words) => {
      const context = buildContext({ ...testImageInputs, ...changes, installCodex: false });
      const { exitCode, stdout, stderr } = await buildImage(context, ["--label", label]);

      expect(exitCode).not.toBe(0);
      expect(stdout + stderr).toContain(words);
    });
  });

  it("has the packages and the set-up that were asked for", async () => {
    const tag = await build({
      aptPackages: ["jq"],
      setupScript:
        '#!/bin/bash\nset -eu\necho "$(id -un) $(jq -n 1+1) $(npm --version)" > /etc/set-up\ninstall -m 6755 /bin/true /usr/local/bin/raises\n',
    });

    expect(await shell("jq --version", tag)).toMatch(/^jq-/);
    expect(await shell("cat /etc/set-up", tag)).toMatch(/^root 2 \d+\./);
    expect(await shell("stat -c %a /usr/local/bin/raises", tag)).toBe("755");
    expect(await shell("command -v jq || echo none")).toBe("none");
  });

  it("trusts extra certificates in the build alone", async () => {
    expect(await shell(`grep -rlF '${certificateLine}' /etc /usr/local /usr/share /opt /root /home; true`)).toBe("");
    expect(await shell(systemStoreHasOurs)).toBe("false");
  });

  it("links what Codex enforces into the configuration", async () => {
    expect(
      await shell("readlink /etc/codex/requirements.toml; test -e /etc/codex/requirements.toml || echo none"),
    ).toBe("/etc/codex-workspace/requirements.toml\nnone");
  });

  it("keeps extra certificates when told to, also on a base with a user, a Node and a requirements.toml of its own", async () => {
    const base = ownTag();
    await docker(
      ["build", "--label", label, "--tag", base, "-"],
      `FROM ${testImageInputs.nodeImage}\nRUN useradd --uid 1000 --create-home --groups audio node && install -o node /dev/null /home/node/kept\nRUN mkdir /etc/codex && echo '# theirs' > /etc/codex/requirements.toml\nUSER node\n`,
    );
    const tag = await build({ baseImage: base, keepExtraCaCertificates: true });

    expect(await shell(`grep -cF '${certificateLine}' /etc/ssl/certs/ca-certificates.crt`, tag)).toBe("1");
    expect(await shell(systemStoreHasOurs, tag)).toBe("true");
    expect(await shell("cat /etc/codex/requirements.toml", tag)).toBe("# theirs");
    expect(
      await shell(
        "id codex; stat -c %u:%a /home/codex /home/codex/kept; ls /home; readlink -f $(command -v node)",
        tag,
      ),
    ).toBe(
      "uid=1000(codex) gid=1000(codex) groups=1000(codex)\n1000:700\n1000:755\ncodex\nterminal\nwrapper\n/usr/local/bin/node",
    );
  });

  it("is rebuilt within 5 s when only the wrapper changed", async () => {
    const startedAt = performance.now();
    const tag = await build(
      {},
      { "agent-wrapper.cjs": Buffer.from(`console.log("wrapper of ${new Date().toISOString()}");`) },
    );
    const seconds = (performance.now() - startedAt) / 1000;

    expect(await docker(["run", "--rm", "--label", label, tag])).toMatch(/^wrapper of /);
    expect(seconds).toBeLessThanOrEqual(5);
  });

  it("leaves no container", async () => {
    expect(await docker(["ps", "--all", "--quiet", "--filter", `label=${label}`])).toBe("");
  });
});

/** Whether Node, asked as any program of the agent would ask it, trusts our certificate. */
const systemStoreHasOurs = `node -p 'require("node:tls").getCACertificates("default").some((pem) => pem.includes("${certificateLine}"))'`;

/** Our profile without one of the system calls that it adds to Docker's. */
function profileWithout(call: string): string {
  interface Rule {
    readonly names: readonly string[];
    readonly comment?: string;
  }
  const profile = JSON.parse(seccompProfile()) as { readonly syscalls: readonly Rule[] };
  const syscalls = profile.syscalls
    .map((rule) =>
      rule.comment?.startsWith("bubblewrap") === true
        ? { ...rule, names: rule.names.filter((name) => name !== call) }
        : rule,
    )
    .filter(({ names }) => names.length > 0);
  return JSON.stringify({ ...profile, syscalls });
}
