import { existsSync } from "node:fs";
import { containerPaths, environmentNames } from "@codex-workspace/core";

/**
 * Who a program runs as. `self` is the local engine, which has one user. A `uid` has no capability, an empty bounding
 * set and no_new_privs, so that nothing it starts can gain any.
 */
export type RunAs = { readonly kind: "self" } | { readonly kind: "uid"; readonly uid: number };

export interface CommandLine {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** Where it begins. */
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

/** The environment of every program that starts as root: no value of it comes from a spec, an image or the agent. */
export const rootEnvironment: Readonly<Record<string, string>> = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};

/**
 * The command line that runs another one as `runAs`, and ends it when the wrapper dies. As another user it is the image's
 * `launch`: that program drops every privilege before it takes the environment, so no variable steers a process of root.
 */
export function commandAs(runAs: RunAs, { file, args, cwd, env }: CommandLine): CommandLine {
  if (runAs.kind === "uid") {
    return {
      file: containerPaths.launchProgram,
      // The wrapper itself may not enter a directory that is its user's alone.
      args: ["as", String(runAs.uid), cwd, file, ...args],
      cwd: "/",
      env: { ...rootEnvironment, ...setAside(env) },
    };
  }
  const setpriv = setprivPlaces.find((path) => existsSync(path));
  if (setpriv === undefined) return { file, args, cwd, env };
  return { file: setpriv, args: ["--pdeathsig", "SIGKILL", file, ...args], cwd, env };
}

/** The variables that `launch` has set aside for the wrapper's children. */
export function takeSetAside(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const prefix = environmentNames.childPrefix;
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value !== undefined && name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

function setAside(variables: Readonly<Record<string, string>>): Record<string, string> {
  const prefix = environmentNames.childPrefix;
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [prefix + name, value]));
}

/** util-linux's setpriv on Debian and most others, then on NixOS. */
const setprivPlaces = ["/usr/bin/setpriv", "/bin/setpriv", "/run/current-system/sw/bin/setpriv"];
