import { chown, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CertificateAuthority } from "../support/certificate-authority.ts";
import { TestCli } from "../support/cli.ts";
import { shell, up } from "../support/container.ts";
import { docker, runDocker, testLabel, withoutDocker } from "../support/docker.ts";
import { testImage } from "../support/image.ts";
import { createPublicNetwork } from "../support/public-network.ts";
import { until, type WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/tools.test.ts: ${reason}`);

const programs = fileURLToPath(new URL("../support/programs", import.meta.url));
const name = `tools-${process.pid}`;
const outside = `codex-workspace-test-tools-${process.pid}`;
const server = `${outside}-server`;

describe.skipIf(reason !== undefined)("in a restricted workspace whose commands have a core of variables", () => {
  const closing: AsyncDisposable[] = [];
  let workspace: WorkspaceHttp;

  /** What has arrived at the server since the last question. */
  let seen = 0;
  async function arrivals(): Promise<string[]> {
    const lines = (await docker(["logs", server])).split("\n").filter((line) => line.startsWith("http"));
    return lines.slice(seen, (seen = lines.length));
  }

  beforeAll(async () => {
    const authority = await CertificateAuthority.create();
    closing.unshift(authority);
    const { key, cert } = await authority.certificateFor("packages.test");
    const cli = await TestCli.create("docker");
    closing.unshift(cli);
    await createPublicNetwork(outside);
    await docker([
      ...["run", "--detach", "--label", testLabel, "--name", server, "--network", outside, "--no-healthcheck"],
      ...["--network-alias", "packages.test", "--network-alias", "denied.test", "--volume", `${programs}:/programs:ro`],
      ...["--env", `TLS_KEY=${key}`, "--env", `TLS_CERT=${cert}`, "--entrypoint", "node"],
      ...[await testImage(), "/programs/package-server.mjs"],
    ]);
    await mkdir(cli.path(name));
    await chown(cli.path(name), 1000, 1000);
    workspace = await up(cli, name, {
      network: { allow: ["packages.test"] },
      caCertificates: [authority.certificate],
      shellEnvironmentPolicy: { inherit: "core" },
      postInstallScript: "env > variables-of-a-script\n",
    });
    await docker(["network", "connect", outside, `codex-workspace-${name}-egress-proxy`]);
    await until(async () => (await docker(["logs", server])).includes("listening"), "the server to listen");
  });
  afterAll(async () => {
    await docker(["rm", "--force", server]);
    for (const resource of closing) await resource[Symbol.asyncDispose]();
    await runDocker(["network", "rm", outside]);
  });

  const npm = "npm install --no-audit --no-fund --fetch-retries=0 --cache /tmp/$PREFIX --prefix /tmp/$PREFIX";
  const apt = `printf 'deb [trusted=yes] http://packages.test/apt ./\\n' > /tmp/$PREFIX.list
    mkdir -p /tmp/$PREFIX/lists/partial
    options="-o Dir::Etc::SourceList=/tmp/$PREFIX.list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=/tmp/$PREFIX/lists"
    apt-get $options update && cd /tmp/$PREFIX && apt-get $options download hello`;

  test("npm, git and apt reach what is allowed, from a turn and from a shell, also where a company's authority vouches", async () => {
    const commands: [command: string, path: string][] = [
      [`${npm} --registry https://packages.test/npm/ hello`, "https packages.test GET /npm/hello-1.0.0.tgz"],
      ["git ls-remote https://packages.test/hello.git", "https packages.test GET /hello.git/info/refs"],
      [apt, "http packages.test GET /apt/hello.deb"],
    ];
    for (const [command, arrived] of commands) {
      for (const [prefix, run] of [
        ["turn", (script: string) => workspace.ask(`#model: run ${script.replaceAll(/\n\s+/g, "; ")} 2>&1`)],
        ["shell", (script: string) => shell(name, "1000", script)],
      ] as const) {
        await arrivals();
        const said = await run(command.replaceAll("$PREFIX", prefix));
        await until(async () => (await arrivals()).includes(arrived), `${arrived}; it said: ${said}`);
      }
    }
  });

  test("each says of what is not allowed that it is refused, and nothing arrives", async () => {
    await arrivals();
    for (const [command, words] of [
      [`${npm.replace("$PREFIX", "denied")} --registry https://denied.test/npm/ hello`, "403 Forbidden"],
      ["git ls-remote https://denied.test/hello.git", "CONNECT tunnel failed, response 403"],
      ["git ls-remote http://denied.test/hello.git", "error: 403"],
      [apt.replaceAll("packages.test", "denied.test").replaceAll("$PREFIX", "denied"), "403  Forbidden"],
    ] as const) {
      expect(await shell(name, "1000", command)).toContain(words);
    }
    expect(await arrivals()).toEqual([]);
  });

  test("every process has the variables for it: commands, scripts, shells of both users", async () => {
    const names = ["HTTPS_PROXY", "https_proxy", "NODE_USE_ENV_PROXY", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];
    const print = `printenv ${names.join(" ")} | wc -l`;
    expect(await workspace.ask(`#model: run ${print}`)).toContain(String(names.length));
    for (const user of ["0", "1000"]) expect(await shell(name, user, print)).toBe(String(names.length));
    const ofScript = (await shell(name, "1000", "cut -d= -f1 variables-of-a-script")).split("\n");
    expect(ofScript).toEqual(expect.arrayContaining(names));
    // The mirror: what else the wrapper's environment has, the commands do not.
    expect(await workspace.ask("#model: run env")).not.toContain("NODE_USE_SYSTEM_CA");
  });
});
