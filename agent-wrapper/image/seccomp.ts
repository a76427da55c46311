import { readFileSync } from "node:fs";

import { packagePath } from "./package-path.ts";

interface Condition {
  readonly index: number;
  readonly op: "SCMP_CMP_EQ" | "SCMP_CMP_MASKED_EQ";
  readonly value: number;
  readonly valueTwo?: number;
}

interface Rule {
  readonly names: readonly string[];
  readonly action: string;
  readonly args?: readonly Condition[];
  readonly comment?: string;
  readonly includes?: { readonly arches: readonly string[] };
}

interface Profile {
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] | null }[];
  readonly syscalls: readonly Rule[];
}

/**
 * Text of the seccomp profile of a workspace container, without blanks; `security_opt` takes it inline. It is Docker's
 * default (moby/profiles v0.2.3, which engines from 20.10 on accept) with the rules that bubblewrap needs for Codex's
 * sandbox, and with fewer sockets: in a user namespace the agent has every capability over the sockets that it makes.
 */
export function seccompProfile(): string {
  const docker = JSON.parse(readFileSync(packagePath("image/seccomp-docker-default.json"), "utf8")) as Profile;
  return JSON.stringify({
    ...docker,
    // A 32-bit call would pass by every rule about sockets: `socketcall` has its arguments in memory.
    archMap: docker.archMap.map(({ architecture }) => ({ architecture, subArchitectures: [] })),
    syscalls: [...docker.syscalls.flatMap(withoutSockets), ...sockets, ...socketOptions, ...bubblewrap],
  });
}

/** System calls that rules of ours allow in part. */
const narrowed = ["socket", "socketcall", "socketpair", "setsockopt"];

function withoutSockets(rule: Rule): Rule[] {
  const names = rule.names.filter((name) => !narrowed.includes(name));
  return names.length === 0 ? [] : [{ ...rule, names }];
}

/** The kernel reads these arguments as an int: the upper half of the register does not count, here neither. */
const int = 0xffff_ffff;

/** Whether the argument at `index` is `value` in the bits of `mask`. */
function is(index: number, value: number, mask = int): Condition {
  return { index, op: "SCMP_CMP_MASKED_EQ", value: mask, valueTwo: value };
}

function allow(name: string, comment: string, ...args: readonly Condition[]): Rule {
  return { names: [name], action: "SCMP_ACT_ALLOW", args, comment };
}

const family = { unix: 1, inet: 2, inet6: 10, netlink: 16 };
const type = { stream: 1, datagram: 2 };
/** Bits of socket(2)'s second argument that are no flags. */
const typeBits = 0xf;

/**
 * Local sockets, TCP and UDP over IPv4 and IPv6, ping, and netlink to ask for interfaces and routes. Not AF_PACKET, by its old
 * name SOCK_PACKET neither, no raw IP, no netfilter, no xfrm, AF_VSOCK, AF_ALG, and no other family or protocol.
 */
const sockets: readonly Rule[] = [
  allow("socket", "AF_UNIX", is(0, family.unix)),
  allow("socketpair", "AF_UNIX", is(0, family.unix)),
  allow("socket", "AF_NETLINK, NETLINK_ROUTE", is(0, family.netlink), is(2, 0)),
  ...[
    { name: "AF_INET", domain: family.inet, ping: 1 },
    { name: "AF_INET6", domain: family.inet6, ping: 58 },
  ].flatMap(({ name, domain, ping }) => [
    // Unspecified, TCP, and the multipath TCP that Go listens with.
    ...[0, 6, 262].map((protocol) =>
      allow("socket", `${name}, SOCK_STREAM`, is(0, domain), is(1, type.stream, typeBits), is(2, protocol)),
    ),
    // Unspecified, UDP and ping.
    ...[0, 17, ping].map((protocol) =>
      allow("socket", `${name}, SOCK_DGRAM`, is(0, domain), is(1, type.datagram, typeBits), is(2, protocol)),
    ),
  ]),
];

/** Numbers of `size` (a power of 2) options from `first`, a multiple of it, on. */
interface Options {
  readonly first: number;
  readonly size: number;
}

/** All below 64 but those of xfrm (16, 17): 64 and more are netfilter's. */
const ipOptions: readonly Options[] = [
  { first: 0, size: 16 },
  { first: 18, size: 2 },
  { first: 20, size: 4 },
  { first: 24, size: 8 },
  { first: 32, size: 32 },
];

/** All below 80 but those of xfrm (34, 35) and of netfilter (64, 65). */
const ipv6Options: readonly Options[] = [
  { first: 0, size: 32 },
  { first: 32, size: 2 },
  { first: 36, size: 4 },
  { first: 40, size: 8 },
  { first: 48, size: 16 },
  { first: 66, size: 2 },
  { first: 68, size: 4 },
  { first: 72, size: 8 },
];

/** Without the options through which a socket of any kind changes netfilter's tables and xfrm's policies. */
const socketOptions: readonly Rule[] = [
  // SOL_SOCKET, TCP, UDP, ICMPv6, SOL_RAW, SOL_NETLINK, SOL_TLS, SOL_MPTCP.
  ...[1, 6, 17, 58, 255, 270, 282, 284].map((level) => allow("setsockopt", `level ${level}`, is(1, level))),
  ...[
    { name: "IP", level: 0, options: ipOptions },
    { name: "IPv6", level: 41, options: ipv6Options },
  ].flatMap(({ name, level, options }) =>
    options.map(({ first, size }) =>
      allow(
        "setsockopt",
        `${name} options ${first} to ${first + size - 1}`,
        is(1, level),
        is(2, first, int - (size - 1)),
      ),
    ),
  ),
];

const cloneNew = { mount: 0x0002_0000, cgroup: 0x0200_0000, uts: 0x0400_0000, user: 0x1000_0000, pid: 0x2000_0000 };
const always = cloneNew.user | cloneNew.mount | cloneNew.pid;
const arches = { includes: { arches: ["amd64", "arm64"] } };

/** What bubblewrap calls, with the arguments that it passes. */
const bubblewrap: readonly Rule[] = [
  {
    ...allow(
      "clone",
      "bubblewrap: CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID; with or without CLONE_NEWIPC (from Codex 0.155 on) and CLONE_NEWNET (network off); no other namespace",
      is(0, always, always | cloneNew.cgroup | cloneNew.uts),
    ),
    ...arches,
  },
  {
    ...allow("unshare", "bubblewrap: CLONE_NEWUSER alone, to give up its own capabilities", {
      index: 0,
      op: "SCMP_CMP_EQ",
      value: cloneNew.user,
    }),
    ...arches,
  },
  {
    names: ["mount", "pivot_root", "umount2"],
    action: "SCMP_ACT_ALLOW",
    comment: "bubblewrap, inside its own user namespace: outside of one the kernel still asks for CAP_SYS_ADMIN",
    ...arches,
  },
];
