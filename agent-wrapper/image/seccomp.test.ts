import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { packagePath } from "./package-path.ts";
import { seccompProfile } from "./seccomp.ts";

interface Rule {
  readonly names: readonly string[];
  readonly action: string;
  readonly args?: readonly { index: number; op: string; value: number; valueTwo?: number }[];
  readonly comment?: string;
}

interface Profile {
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: unknown }[];
  readonly syscalls: readonly Rule[];
}

const ours = JSON.parse(seccompProfile()) as Profile;
const dockers = JSON.parse(readFileSync(packagePath("image/seccomp-docker-default.json"), "utf8")) as Profile;
const narrowed = ["setsockopt", "socket", "socketcall", "socketpair"];

/** Flags of clone(2) that decide; CLONE_NEWIPC and CLONE_NEWNET may come or not. */
const namespace = { mount: 0x0002_0000, cgroup: 0x0200_0000, uts: 0x0400_0000, user: 0x1000_0000, pid: 0x2000_0000 };

/** Whether a rule of the profile allows this call, as the kernel compares its arguments. */
function allows(name: string, ...args: readonly number[]): boolean {
  return ours.syscalls.some(
    (rule) =>
      rule.names.includes(name) &&
      rule.action === "SCMP_ACT_ALLOW" &&
      (rule.args ?? []).every(({ index, op, value, valueTwo }) => {
        const given = BigInt(args[index]!);
        return op === "SCMP_CMP_MASKED_EQ"
          ? (given & BigInt(value)) === BigInt(valueTwo!)
          : op === "SCMP_CMP_EQ" && given === BigInt(value);
      }),
  );
}

it("is Docker's default profile without sockets and 32-bit calls, with rules after it", () => {
  const { syscalls, archMap, ...rest } = ours;
  const { syscalls: base, archMap: dockersArchMap, ...dockersRest } = dockers;
  const kept = base
    .map((rule) => ({ ...rule, names: rule.names.filter((name) => !narrowed.includes(name)) }))
    .filter(({ names }) => names.length > 0);
  const added = syscalls.slice(kept.length);

  expect(rest).toEqual(dockersRest);
  expect(archMap).toEqual(dockersArchMap.map(({ architecture }) => ({ architecture, subArchitectures: [] })));
  expect(syscalls.slice(0, kept.length)).toEqual(kept);
  expect([...new Set(added.flatMap(({ names }) => names))].sort()).toEqual(
    ["setsockopt", "socket", "socketpair", "clone", "unshare", "mount", "pivot_root", "umount2"].sort(),
  );
});

it("adds to it exactly what bubblewrap calls, with the arguments it passes", () => {
  const always = namespace.user | namespace.mount | namespace.pid;
  const never = namespace.cgroup | namespace.uts;
  const includes = { arches: ["amd64", "arm64"] };
  const added = ours.syscalls.slice(-3).map(({ comment, ...rule }) => {
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

it("allows of all sockets those of UNIX, TCP, UDP, ping and routes", () => {
  const cloexec = 0x8_0000;
  const allowed: string[] = [];
  for (let family = 0; family < 64; family++)
    for (let type = 0; type < 16; type++)
      for (let protocol = 0; protocol < 300; protocol++)
        if (allows("socket", family, type | cloexec, protocol)) allowed.push(`${family} ${type} ${protocol}`);
  const ofOthers = allowed.filter((socket) => !/^(1|16) /.test(socket));

  expect(ofOthers).toEqual([
    ...["2 1 0", "2 1 6", "2 1 262", "2 2 0", "2 2 1", "2 2 17"],
    ...["10 1 0", "10 1 6", "10 1 262", "10 2 0", "10 2 17", "10 2 58"],
  ]);
  expect(new Set(allowed.filter((socket) => socket.startsWith("16 ")).map((socket) => socket.split(" ")[2]))).toEqual(
    new Set(["0"]),
  );
  // The kernel takes the lower half of the register.
  const upper = 2 ** 32;
  for (const family of [17, 38, 40]) expect(allows("socket", upper + family, 3, 0)).toBe(false);
  expect(allows("socket", upper + 2, upper + 1, upper)).toBe(true);
});

it("allows no option of netfilter or xfrm, and all others", () => {
  const refused = (level: number): number[] =>
    Array.from({ length: 80 }, (_, option) => option).filter((option) => !allows("setsockopt", 3, level, option));

  expect(refused(0)).toEqual([16, 17, ...Array.from({ length: 16 }, (_, index) => 64 + index)]);
  expect(refused(41)).toEqual([34, 35, 64, 65]);
  expect(refused(1)).toEqual([]);
  expect(allows("setsockopt", 3, 2 ** 32, 2 ** 32 + 64)).toBe(false);
  expect(allows("setsockopt", 3, 263, 1)).toBe(false);
});

it.each([
  ...[
    "io_uring_setup",
    "io_uring_enter",
    "keyctl",
    "add_key",
    "request_key",
    "userfaultfd",
    "kexec_load",
    "nfsservctl",
  ],
  ...["socketcall", "swapon", "vm86", "setns", "bpf", "perf_event_open", "fsopen", "open_by_handle_at", "clone3"],
])("never allows %s to a workspace", (name) => {
  const rules = ours.syscalls.filter((rule) => rule.names.includes(name) && rule.action === "SCMP_ACT_ALLOW");
  const capabilities = rules.map((rule) => (rule as { includes?: { caps?: string[] } }).includes?.caps?.[0]);

  for (const capability of capabilities) expect(capability).toMatch(/^CAP_(SYS_ADMIN|BPF|PERFMON|DAC_READ_SEARCH)$/);
});

it("is one line, so that it fits into security_opt", () => {
  expect(seccompProfile()).not.toMatch(/\s\s|\n/);
});
