/**
 * Who a program runs as. `self` is the local engine, which has one user. A `uid` has no capability, an empty bounding
 * set and no_new_privs, so that nothing it starts can gain any.
 */
export type RunAs = { readonly kind: "self" } | { readonly kind: "uid"; readonly uid: number };

export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
  /** Where it begins. */
  readonly cwd: string;
}

/** The command line that runs another one as `runAs`, and ends it when we die. Uses util-linux's setpriv. */
export function commandAs(runAs: RunAs, { file, args, cwd }: CommandLine): CommandLine {
  const withUs = ["--pdeathsig", "SIGKILL"];
  if (runAs.kind === "self") {
    return process.platform === "linux"
      ? { file: "setpriv", args: [...withUs, file, ...args], cwd }
      : { file, args, cwd };
  }
  const id = String(runAs.uid);
  return {
    file: "setpriv",
    args: [
      ...["--reuid", id, "--regid", id, "--clear-groups"],
      ...["--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs"],
      // We ourselves may not enter a directory that is its user's alone.
      ...[...withUs, "env", "--chdir", cwd, file, ...args],
    ],
    cwd: "/",
  };
}
