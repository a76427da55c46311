import { readlinkSync } from "node:fs";
import { dirname, isAbsolute, join, parse, relative, resolve, sep } from "node:path";

/** Where a path leads, and all that decides it. */
export interface Way {
  /** The path without symbolic links; what is missing is kept as it is written. */
  readonly real: string;
  /** Every file, directory and symbolic link on the way, each by its path without symbolic links before it. */
  readonly passed: readonly string[];
  /** Those of `passed` that are symbolic links. */
  readonly links: readonly string[];
}

/** As many as Linux follows. */
const mostLinks = 40;

/** Follows a path, one component at a time, without opening anything. */
export function wayTo(path: string): Way {
  const absolute = resolve(path);
  const passed: string[] = [];
  const links: string[] = [];
  let { root: current } = parse(absolute);
  const rest = componentsOf(absolute);
  for (let component = rest.shift(); component !== undefined; component = rest.shift()) {
    if (component === "..") {
      current = dirname(current);
      continue;
    }
    const next = join(current, component);
    passed.push(next);
    const target = links.length < mostLinks ? linkTarget(next) : undefined;
    if (target === undefined) {
      current = next;
      continue;
    }
    links.push(next);
    rest.unshift(...componentsOf(target));
    if (isAbsolute(target)) ({ root: current } = parse(target));
  }
  return { real: current, passed, links };
}

/** Whether a path is a directory, or lies below it. Both are without symbolic links. */
export function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Whether a directory decides where a path leads: a component of the path, or a link on its way, lies in it. */
export function leadsThrough({ passed }: Way, directory: string): boolean {
  return passed.some((path) => isInside(path, directory));
}

function componentsOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((component) => component !== "" && component !== ".");
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // No link, nothing there, or a directory that this user may not search: who opens it is told.
    return undefined;
  }
}
