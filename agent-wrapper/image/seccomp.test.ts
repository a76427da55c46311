import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { packagePath } from "./package-path.ts";
import { seccompProfile } from "./seccomp.ts";

interface Profile {
  readonly syscalls: readonly Record<string, unknown>[];
}

const ours = JSON.parse(seccompProfile()) as Profile;
const dockers = JSON.parse(readFileSync(packagePath("image/seccomp-docker-default.json"), "utf8")) as Profile;

/** Flags of clone(2) that decide; CLONE_NEWIPC and CLONE_NEWNET may come or not. */
const namespace = {
  mount: 0x0002_0000,
  cgroup: 0x0200_0000,
  uts: 0x0400_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
};

it("is Docker's default profile, with rules after it", () => {
  const { syscalls: added, ...rest } = ours;
  const { syscalls: base, ...dockersRest } = dockers;

  expect(rest).toEqual(dockersRest);
  expect(added.slice(0, base.length)).toEqual(base);
});

it("adds to it exactly what bubblewrap calls, with the arguments it passes", () => {
  const always = namespace.user | namespace.mount | namespace.pid;
  const never = namespace.cgroup | namespace.uts;
  const includes = { arches: ["amd64", "arm64"] };
  const added = ours.syscalls.slice(dockers.syscalls.length).map(({ comment, ...rule }) => {
    expect(comment).toContain("bubblewrap");
    return rule;
  });

  expect(added).toEqual([
    {
      names: ["clone"],
      action: "SCMP_ACT_ALLOW",
      args: [{ index: 0, op: "SCMP_CMP_MASKED_EQ", value: always | never, valueTwo: always }],
      includes,
    },
    {
      names: ["unshare"],
      action: "SCMP_ACT_ALLOW",
      args: [{ index: 0, op: "SCMP_CMP_EQ", value: namespace.user }],
      includes,
    },
    { names: ["mount", "pivot_root", "umount2"], action: "SCMP_ACT_ALLOW", includes },
  ]);
});

it("is one line, so that it fits into security_opt", () => {
  expect(seccompProfile()).not.toMatch(/\s\s|\n/);
});
