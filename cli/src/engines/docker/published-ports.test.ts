import { expect, test } from "vitest";
import { publishedPortExposure } from "./published-ports.ts";

test.each([
  ["20.10.24+dfsg1", /other hosts of its network segment/],
  ["27.5.1-ce", /other hosts of its network segment/],
  ["17.03.0-ce", /other hosts of its network segment/],
  ["v26.1.4", /other hosts of its network segment/],
  ["28.0.0-rc.1", /firewalld/],
  ["28.2.2", /firewalld/],
  ["28.3.2", /firewalld/],
])("warns of Docker Engine %s", (version, message) => {
  const exposure = publishedPortExposure({ ServerVersion: version });
  expect(exposure?.message).toMatch(message);
  expect(exposure?.message).toContain(version);
  expect(exposure?.remedy).toContain("28.3.3");
});

test.each(["28.3.3", "28.4.0", "28.10.0", "29.0.0-rc.1", "30.1.2", "5.4.0", "dev", "", "library-import"])(
  "says nothing of version %j",
  (version) => {
    expect(publishedPortExposure({ ServerVersion: version })).toBeUndefined();
  },
);

test("says nothing of Docker Desktop and of a rootless engine", () => {
  const old = { ServerVersion: "27.5.1" };
  expect(publishedPortExposure({ ...old, OperatingSystem: "Docker Desktop" })).toBeUndefined();
  expect(publishedPortExposure({ ...old, SecurityOptions: ["name=seccomp", "name=rootless"] })).toBeUndefined();
  expect(publishedPortExposure({ ...old, OperatingSystem: "Debian", SecurityOptions: null })).toBeDefined();
});
