import { isDeepStrictEqual } from "node:util";

/** What Codex says is in force, in its own words. */
export interface ReportedSettings {
  readonly model: string;
  readonly approvalPolicy?: unknown;
  /** Its `SandboxPolicy`. */
  readonly sandbox?: unknown;
  readonly activePermissionProfile?: { readonly id: string } | null | undefined;
}

/** Settings that a thread was asked to have. */
export interface ExpectedSettings {
  /** With a permission profile, the mode that the profile amounts to. */
  readonly sandbox: string;
  /** The table `sandbox_workspace_write`. */
  readonly workspaceWrite: Readonly<Record<string, unknown>>;
  /** Directories that may be writable in addition to the table's. */
  readonly writableDirectories: readonly string[];
  /** Name of the permission profile; undefined: the sandbox mode decides. */
  readonly permissions: string | undefined;
  readonly approvalPolicy: unknown;
  readonly model: string | undefined;
}

export interface SettingsComparison {
  /** Where the agent may do more than was asked for, or is another model; each a sentence. */
  readonly weaker: readonly string[];
  /** Where it may do less. */
  readonly stricter: readonly string[];
}

/** Sandbox modes as they are asked for and as they are reported, the strictest first. */
const sandboxes = [
  ["read-only", "readOnly"],
  ["workspace-write", "workspaceWrite"],
  ["danger-full-access", "dangerFullAccess"],
] as const;

/** Approval policies, the one that asks most first. */
const approvalPolicies: readonly unknown[] = ["untrusted", "on-request", "on-failure", "never"];

/** What Codex says a thread was started or resumed with, against what was asked for. What cannot be read is weaker. */
export function compareSettings(asked: ExpectedSettings, reported: ReportedSettings): SettingsComparison {
  const findings = [
    ...compareSandbox(asked, reported.sandbox),
    ...compareProfile(asked, reported),
    ...compareApproval(asked, reported.approvalPolicy),
  ];
  if (asked.model !== undefined && asked.model !== reported.model)
    findings.push(["weaker", `the model is ${reported.model}, ${asked.model} was asked for`]);
  const of = (kind: Finding[0]): string[] => findings.filter(([is]) => is === kind).map(([, sentence]) => sentence);
  return { weaker: of("weaker"), stricter: of("stricter") };
}

type Finding = readonly ["weaker" | "stricter", string];

function compareSandbox(
  { sandbox, workspaceWrite: write, writableDirectories }: ExpectedSettings,
  reported: unknown,
): Finding[] {
  const policy = (reported ?? {}) as Record<string, unknown>;
  const wanted = sandboxes.findIndex(([mode]) => mode === sandbox);
  const found = sandboxes.findIndex(([, type]) => type === policy["type"]);
  const sentence = `the sandbox is ${String(policy["type"])}, ${sandbox} was asked for`;
  if (found === -1 || found > wanted) return [["weaker", sentence]];
  const findings: Finding[] = found < wanted ? [["stricter", sentence]] : [];
  if (policy["networkAccess"] === true && write["network_access"] !== true)
    findings.push(["weaker", "commands have network access, which was not asked for"]);
  if (policy["type"] !== "workspaceWrite") return findings;
  for (const [key, name] of [
    ["exclude_tmpdir_env_var", "excludeTmpdirEnvVar"],
    ["exclude_slash_tmp", "excludeSlashTmp"],
  ] as const) {
    if (write[key] === true && policy[name] !== true) findings.push(["weaker", `${key} was asked for`]);
  }
  // Codex lists all of them where the directory is none of them (observed on 0.169).
  const roots = pathsOf([...pathsOf(write["writable_roots"]), ...writableDirectories]);
  const added = pathsOf(policy["writableRoots"]).filter((root) => !roots.includes(root));
  if (added.length > 0) findings.push(["weaker", `${added.join(", ")} can be written, which was not asked for`]);
  return findings;
}

/** A profile in place of another one denies and allows other things; one that only reads is stricter. */
function compareProfile({ permissions }: ExpectedSettings, reported: ReportedSettings): Finding[] {
  const found = reported.activePermissionProfile?.id;
  if (permissions === undefined || permissions === found) return [];
  const isReadOnly = found === ":read-only" || found === undefined;
  const { type } = (reported.sandbox ?? {}) as { type?: unknown };
  const sentence = `the permission profile is ${found ?? "none"}, ${permissions} was asked for`;
  return [[isReadOnly && type === "readOnly" ? "stricter" : "weaker", sentence]];
}

function pathsOf(paths: unknown): string[] {
  return Array.isArray(paths) ? paths.map((path) => String(path).replace(/(?<=.)\/+$/, "")) : [];
}

function compareApproval({ approvalPolicy }: ExpectedSettings, reported: unknown): Finding[] {
  if (isDeepStrictEqual(withoutFalse(approvalPolicy), withoutFalse(reported))) return [];
  const [wanted, found] = [approvalPolicies.indexOf(approvalPolicy), approvalPolicies.indexOf(reported)];
  const sentence = `the approval policy is ${JSON.stringify(reported)}, ${JSON.stringify(approvalPolicy)} was asked for`;
  const isStricter = approvalPolicy === "never" || reported === "untrusted" || (found !== -1 && found < wanted);
  return [[isStricter ? "stricter" : "weaker", sentence]];
}

/** A granular policy by what may be asked for: Codex reports as `false` what was not named. */
function withoutFalse(policy: unknown): unknown {
  const granular = (policy as { granular?: object } | null | undefined)?.granular;
  if (granular === undefined) return policy;
  return { granular: Object.fromEntries(Object.entries(granular).filter(([, asks]) => asks !== false)) };
}
