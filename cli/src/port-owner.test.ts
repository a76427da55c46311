import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { isPortFree, listeningProcess, portTaken } from "./port-owner.ts";

test.runIf(process.platform === "linux")("the process that listens on a port is named", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  expect(await isPortFree(port)).toBe(false);
  expect(await listeningProcess(port)).toContain(`process ${process.pid} (`);

  server.close();
  await once(server, "close");
  expect(await isPortFree(port)).toBe(true);
  expect(await listeningProcess(port)).toBeUndefined();
});

test("a taken port is told with its owner and the ways out", () => {
  expect(portTaken(3284, 'container "db"')).toMatchObject({
    code: "PORT_TAKEN",
    message: 'port 3284 is already used by container "db"',
    remedy: expect.stringContaining("--port") as string,
  });
});
