import { Option } from "commander";

/** Which workspace; the same words for every command. */
export function nameOption(): Option {
  return new Option("--name <name>", "which workspace (default: the one of this directory, or the only one)");
}
