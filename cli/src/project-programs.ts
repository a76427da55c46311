import { delimiter, dirname, isAbsolute, join } from "node:path";
import { isInside, wayTo } from "@codex-workspace/provisioning";

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProgramPlaces {
  readonly cwd: string;
  /** Directories whose content the user does not vouch for, without symbolic links. */
  readonly projects: readonly string[];
}

/**
 * Returns the environment with a PATH that finds no program of a project: `npx` puts the `node_modules/.bin` of this
 * directory and of all above it first, and a repository may ship an `npm` or a `git` there.
 */
export function withoutProjectPrograms(env: Environment, { cwd, projects }: ProgramPlaces): Environment {
  const { PATH } = env;
  if (PATH === undefined) return env;
  const ofNpm = ancestorsOf(cwd).map((directory) => join(directory, "node_modules", ".bin"));
  const isKept = (entry: string): boolean =>
    isAbsolute(entry) && !ofNpm.includes(entry) && !projects.some((project) => isInside(wayTo(entry).real, project));
  return { ...env, PATH: PATH.split(delimiter).filter(isKept).join(delimiter) };
}

function ancestorsOf(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestorsOf(parent)];
}
