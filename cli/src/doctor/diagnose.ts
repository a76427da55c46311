import { installBubblewrap, noBubblewrap, nothingIsolated, rootIsolated } from "../engines/local/nothing-isolated.ts";
import type { DiskFacts, Facts, ModelFacts } from "./facts.ts";

/** One thing that was looked at. `warn`: it works, or may, but not as one would think. */
export interface Finding {
  readonly check: string;
  readonly level: "ok" | "warn" | "fail";
  readonly message: string;
  /** What to do; every `warn` and `fail` has one. */
  readonly remedy?: string;
}

/** What the facts mean for a workspace on this machine. */
export function diagnose(facts: Facts): Finding[] {
  return [
    ...specFindings(facts),
    ...trust(facts),
    node(facts),
    codex(facts),
    ...docker(facts),
    ...isolation(facts),
    ...userNamespaces(facts),
    sandbox(facts),
    ...bubblewrap(facts),
    port(facts),
    ...facts.disks.map(disk),
    ...model(facts.model),
  ];
}

function ok(check: string, message: string): Finding {
  return { check, level: "ok", message };
}

/** The engine that `up` would take. */
function runsLocally({ engine, docker: found }: Facts): boolean {
  return engine === "local" || (engine === "auto" && found?.state !== "answers");
}

function specFindings(facts: Facts): Finding[] {
  const faults = [facts.specFault, runsLocally(facts) ? facts.localFault : undefined];
  return faults.flatMap((fault) => (fault === undefined ? [] : [{ check: "spec", level: "fail", ...fault }]));
}

function trust({ notTrusted }: Facts): Finding[] {
  return notTrusted === undefined ? [] : [{ check: "trust", level: "warn", ...notTrusted }];
}

function node({ nodeVersion, version, hasNpm, ...facts }: Facts): Finding {
  const message = `Node ${nodeVersion} runs codex-workspace ${version}`;
  if (hasNpm || facts.codex.isHere || !facts.codex.install) return ok("node", message);
  return {
    check: "node",
    level: "warn",
    message: `${message}; npm is not on PATH, which installs Codex for the local engine`,
    remedy: "Install npm, which comes with Node (https://nodejs.org).",
  };
}

function codex({ codex: { version, pin, install, isHere } }: Facts): Finding {
  if (!install && !isHere) {
    return {
      check: "codex",
      level: "fail",
      message: "the spec has installCodex = false, and PATH has no Codex with its native program",
      remedy: `Install it (\`npm install --global @openai/codex@${version}\`), or leave installCodex out.`,
    };
  }
  const where = isHere ? "is on this machine" : "is not on this machine yet; npm or the image's build brings it";
  if (version === pin) return ok("codex", `Codex ${version}, the pin of this release, ${where}`);
  return {
    check: "codex",
    level: "warn",
    message: `Codex ${version} ${where}; this release is pinned to ${pin}`,
    remedy: `Leave codexVersion out of the spec, or set it to ${pin}.`,
  };
}

function docker(facts: Facts): Finding[] {
  const { docker: found, engine } = facts;
  if (found === undefined) return [];
  if (found.state === "unreachable") {
    const { message, remedy, namedBy } = found;
    if (namedBy !== undefined) {
      const isVariable = namedBy.startsWith("DOCKER_");
      const first = isVariable ? `Correct ${namedBy}, or unset it. Where it is right: ${remedy}` : remedy;
      return [{ check: "docker", level: "fail", message, remedy: first }];
    }
    return [{ check: "docker", level: engine === "docker" ? "fail" : "warn", message, remedy }];
  }
  const { version, osType, securityOptions } = found;
  const message = `Docker Engine ${version} answers`;
  if (!isAtLeast(version, [20, 10])) {
    const remedy = "Install Docker Engine 20.10 or later, or add --engine local.";
    return [{ check: "docker", level: "fail", message: `${message}; it is too old`, remedy }];
  }
  if (osType !== "linux") {
    const remedy = "Switch Docker to Linux containers.";
    return [{ check: "docker", level: "fail", message: `${message} with ${osType} containers`, remedy }];
  }
  const { portExposure } = found;
  const engineFindings: Finding[] = [
    ok("docker", message),
    ...(portExposure === undefined ? [] : [{ check: "published ports", level: "warn", ...portExposure } as const]),
  ];
  if (securityOptions.some((option) => option.includes("seccomp"))) {
    return [
      ...engineFindings,
      ok("seccomp", "Docker applies seccomp profiles, and so ours, which lets Codex's sandbox in"),
    ];
  }
  return [
    ...engineFindings,
    {
      check: "seccomp",
      level: "warn",
      message: "this Docker applies no seccomp profiles: containers are held by fewer walls",
      remedy: "Use a kernel with CONFIG_SECCOMP_FILTER and a Docker that is built with seccomp.",
    },
  ];
}

/** What holds the agent, with each engine that is in question. */
function isolation(facts: Facts): Finding[] {
  const findings: Finding[] = [];
  if (facts.docker?.state === "answers") {
    const held =
      "docker: the agent has a container and a user of its own, and no capability; a gateway has the model key and the grants";
    findings.push(
      facts.networkMode === "restricted"
        ? ok("isolation", `${held}; the container has no network, and gateways carry what \`network\` allows`)
        : {
            check: "isolation",
            level: "warn",
            message: `${held}; network.mode is open: the container reaches whatever this machine reaches`,
            remedy: 'Leave network.mode = "open" out of the spec; network.allow names what the agent needs.',
          },
    );
  }
  if (facts.engine !== "docker") {
    const message = `local: ${nothingIsolated}${facts.isRoot ? `; ${rootIsolated}` : ""}`;
    const remedy = facts.isRoot
      ? "Use --engine docker, or run the local engine as another user."
      : "Use --engine docker, unless you would run Codex here yourself.";
    const chosen: Finding = { check: "isolation", level: "warn", message, remedy };
    findings.push(runsLocally(facts) ? chosen : ok("isolation", message));
  }
  return findings;
}

function userNamespaces(facts: Facts): Finding[] {
  const { userNamespaces: found } = facts;
  if (found === undefined) return [];
  const faults = [
    found.max === 0 && (["user.max_user_namespaces is 0", "sudo sysctl -w user.max_user_namespaces=10000"] as const),
    found.unprivilegedClone === 0 &&
      (["kernel.unprivileged_userns_clone is 0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"] as const),
    found.appArmorRestricts === 1 &&
      ([
        "AppArmor restricts user namespaces",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
      ] as const),
  ].filter((fault) => fault !== false);
  if (faults.length === 0) return [ok("user namespaces", "the kernel lets users make them, as Codex's sandbox does")];
  const works = facts.sandbox.state === "working";
  return faults.map(([what, command]) => ({
    check: "user namespaces",
    level: works || !runsLocally(facts) ? "warn" : "fail",
    message: `${what}: Codex's sandbox needs them${works ? ", and works nevertheless" : ""}`,
    remedy: `Allow them: ${command}`,
  }));
}

function sandbox(facts: Facts): Finding {
  const { sandbox: found } = facts;
  switch (found.state) {
    case "working":
      return ok("sandbox", "Codex's sandbox works on this machine");
    case "untried":
      return {
        check: "sandbox",
        level: "warn",
        message: `Codex's sandbox was not tried: Codex ${facts.codex.version} is not on this machine`,
        remedy:
          "Start a workspace; `codex-workspace status` then says whether it works. `config check` installs Codex.",
      };
    case "blocked":
      return {
        check: "sandbox",
        level: runsLocally(facts) ? "fail" : "warn",
        message: `Codex's sandbox does not work on this machine: ${found.reason}`,
        remedy: runsLocally(facts)
          ? "Allow unprivileged user namespaces, or use --engine docker."
          : "In containers our seccomp profile lets it in; `codex-workspace status` says whether it works there.",
      };
  }
}

function bubblewrap({ hasBubblewrap }: Facts): Finding[] {
  if (hasBubblewrap !== false) return [];
  return [{ check: "bubblewrap", level: "warn", message: noBubblewrap, remedy: `${installBubblewrap}.` }];
}

function port({ port: { port: number, state, owner } }: Facts): Finding {
  if (number === 0) return ok("port", "any free port will be taken");
  if (state === "free") return ok("port", `port ${number} is free`);
  const by = owner === undefined ? "" : ` by ${owner}`;
  if (state === "replaceable") return ok("port", `port ${number} is used${by}; \`up\` takes the next free port`);
  if (state === "ours") return ok("port", `port ${number} is this workspace's own`);
  return {
    check: "port",
    level: "fail",
    message: `port ${number} is already used${by}`,
    remedy: "Stop what listens there, or choose another with --port (0: any free one) or api.port in the spec.",
  };
}

const gibibyte = 2 ** 30;

/** An image takes some 1.5 GiB, Codex 0.4. */
function disk({ path, purpose, freeBytes }: DiskFacts): Finding {
  const message = `${(freeBytes / gibibyte).toFixed(1)} GiB are free at ${path}, for ${purpose}`;
  if (freeBytes >= 5 * gibibyte) return ok("disk", message);
  return {
    check: "disk",
    level: freeBytes < gibibyte ? "fail" : "warn",
    message,
    remedy: "Make room: 5 GiB are comfortable (`docker system df` says what Docker uses).",
  };
}

function model(found: ModelFacts): Finding[] {
  if (found.kind === "demo") {
    const remedy = "Set OPENAI_API_KEY, or modelProvider in the spec.";
    return [{ check: "model", level: "warn", message: `a scripted demo answers, no real model: ${found.why}`, remedy }];
  }
  return [modelKey(found), network(found)];
}

type Provider = Extract<ModelFacts, { kind: "provider" }>;

function modelKey({ key }: Provider): Finding {
  switch (key.state) {
    case "none":
      return ok("key", "the model provider is asked without a key");
    case "missing":
      return { check: "key", level: "fail", message: key.message, remedy: key.remedy };
    case "present":
      if (key.shapeFault === undefined) return ok("key", `${key.from} holds a key`);
      return {
        check: "key",
        level: "warn",
        message: `${key.from} holds what does not look like a key: ${key.shapeFault}`,
        remedy: "Copy the key again, alone and whole.",
      };
  }
}

function network({ baseUrl, network: found }: Provider): Finding {
  if (found.state === "answers")
    return ok("network", `${baseUrl} answers (HTTP ${found.httpStatus}, asked without the key)`);
  return {
    check: "network",
    level: found.viaProxy ? "warn" : "fail",
    message: `${baseUrl} does not answer: ${found.reason}${found.viaProxy ? " (asked without the proxy that is set)" : ""}`,
    remedy: "Check the address, DNS and firewall between this machine and the model provider.",
  };
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [givenMajor = 0, givenMinor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return givenMajor > major || (givenMajor === major && givenMinor >= minor);
}
