import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allowHosts, planEgress } from "./egress-plan.ts";
import { readHostPattern } from "./host-pattern.ts";
import { networkPresets, packagePresets, presetHosts } from "./presets.ts";

function rulesOf(spec: Parameters<typeof planEgress>[0]): string[] {
  return planEgress(spec).rules.map(({ name, pattern }) => `${name} ${pattern.host}:${pattern.ports.join(",")}`);
}

test("a spec that says nothing reaches what packages are installed from, and no forge", () => {
  const hosts = planEgress({}).rules.map(({ pattern }) => pattern.host);
  expect(hosts).toEqual(packagePresets.flatMap((preset) => presetHosts[preset]));
  expect(hosts).not.toContain("github.com");
});

test("further hosts are allowed beside what is in force without them", () => {
  expect(rulesOf(allowHosts({}, ["a.test"]))).toEqual(["allow:a.test a.test:80,443", ...rulesOf({})]);
  expect(rulesOf(allowHosts({ allow: ["b.test"] }, ["a.test"]))).toEqual(rulesOf({ allow: ["b.test", "a.test"] }));
  expect(rulesOf(allowHosts({ presets: ["pypi"] }, ["a.test"]))).toEqual(
    rulesOf({ allow: ["a.test"], presets: ["pypi"] }),
  );
});

test("an empty list closes it, and either input stands for itself", () => {
  expect(rulesOf({ allow: [] })).toEqual([]);
  expect(rulesOf({ presets: [] })).toEqual([]);
  expect(rulesOf({ allow: ["a.test", "*.b.test:8443"] })).toEqual([
    "allow:a.test a.test:80,443",
    "allow:*.b.test:8443 b.test:8443",
  ]);
  expect(rulesOf({ presets: ["pypi"] })).toEqual([
    "preset:pypi pypi.org:80,443",
    "preset:pypi files.pythonhosted.org:80,443",
  ]);
  expect(rulesOf({ allow: ["a.test"], presets: ["pypi"] })).toHaveLength(3);
});

test("what is written twice is one rule, named by the first", () => {
  expect(rulesOf({ allow: ["pypi.org", "PyPI.org."], presets: ["pypi"] })).toEqual([
    "allow:pypi.org pypi.org:80,443",
    "preset:pypi files.pythonhosted.org:80,443",
  ]);
});

test("every host of a preset is a pattern", () => {
  for (const preset of networkPresets) {
    for (const host of presetHosts[preset]) expect(readHostPattern(host)).toMatchObject({ kind: "name", host });
  }
});

test("docs/gateway.md has a row for every host of a preset, and for nothing else", () => {
  const page = readFileSync(new URL("../../../docs/gateway.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` +\| `([^`]+)` +\|/gm)].map(([, preset, host]) => [preset, host]);
  expect(rows).toEqual(networkPresets.flatMap((preset) => presetHosts[preset].map((host) => [preset, host])));
});
