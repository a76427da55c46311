import { afterAll, describe, expect, test } from "vitest";
import { connectDocker } from "../../cli/src/engines/docker/connection.ts";
import { startNow } from "../../cli/src/engines/docker/start-now.ts";
import { docker, testLabel, withoutDocker } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { until } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/start-now.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)("a container that Docker starts again by itself", () => {
  const name = `codex-workspace-test-start-now-${process.pid}`;
  const inspected = (format: string): Promise<string> => docker(["inspect", "-f", format, name]);
  const start = async (): Promise<boolean> => {
    const engine = await connectDocker({ env: process.env, home: process.env["HOME"] ?? "" });
    return startNow(engine.getContainer(name));
  };
  const run = (...program: readonly string[]): Promise<string> => {
    const options = ["--label", testLabel, "--name", name, "--restart", "unless-stopped", "--network", "none"];
    return docker(["run", "--detach", ...options, testImageInputs.baseImage, ...program]);
  };
  afterAll(() => docker(["rm", "--force", name]));

  test("is started when it was stopped, left alone when it runs, and not waited for when Docker waits", async () => {
    await run("sleep", "1000");
    const began = await inspected("{{.State.StartedAt}}");
    expect(await start()).toBe(false);
    expect(await inspected("{{.State.StartedAt}}")).toBe(began);
    await docker(["stop", "--time", "0", name]);
    expect(await start()).toBe(true);
    expect(await inspected("{{.State.Status}}")).toBe("running");

    await docker(["rm", "--force", name]);
    await run("false");
    const waits = async (): Promise<boolean> =>
      /^restarting [3-9]/.test(await inspected("{{.State.Status}} {{.RestartCount}}"));
    await until(waits, "Docker to wait longer");
    expect(await start()).toBe(true);
    // It counts anew, so this was no start of its own.
    expect(Number(await inspected("{{.RestartCount}}"))).toBeLessThan(3);
  });
});
