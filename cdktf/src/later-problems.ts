import { posix } from "node:path";
import { configFiles, type FileRequest, hashOfFile, type Problem, Secret } from "@codex-workspace/core";
import type { PreparedWorkspace } from "@codex-workspace/provisioning";
import { decided, type LaterText } from "./later-values.ts";
import { plainContent } from "./plain-content.ts";
import type { LaterInputs } from "./terraform-texts.ts";

/** How a text stands in a file: as it is, or quoted as JSON and TOML do; undefined where it would have to be more than a text. */
export function syntaxOf({ path }: FileRequest): "plain" | "quoted" | undefined {
  const name = posix.basename(path);
  if (/\.(json|toml)$/.test(name)) return "quoted";
  const asItIs = [
    configFiles.agentsMd,
    configFiles.projectAgentsMd,
    configFiles.preInstallScript,
    configFiles.postInstallScript,
  ];
  return (asItIs as readonly string[]).includes(name) ? "plain" : undefined;
}

/** What is known only when Terraform runs, and stands where Terraform could not put it, or nowhere: the plan was made of it. */
export function laterProblems(prepared: PreparedWorkspace, { texts, secretFiles }: LaterInputs): Problem[] {
  const { requests } = prepared;
  const files = requests.containers.flatMap((container) => container.files);
  const others = JSON.stringify(requests);
  const isWritable = ({ path, planned }: LaterText): boolean => {
    if (/^image\.(build|gatewayBaseImage)/.test(path)) return false;
    const holders = files.filter((file) => plainContent(file).includes(planned));
    if (holders.some((file) => file.content instanceof Secret || syntaxOf(file) === undefined)) return false;
    return holders.length > 0 || others.includes(planned) || path === "image.prebuilt";
  };
  const isReadable = ({ planned }: LaterText): boolean =>
    files.every((file) => !plainContent(file).includes(planned) || plainContent(file) === planned) &&
    files.some((file) => [planned, hashOfFile(planned)].some((text) => plainContent(file).includes(text)));
  return [
    ...texts.filter((text) => !isWritable(text)).map(({ path }) => decided(path)),
    ...secretFiles.filter((file) => !isReadable(file)).map(({ path }) => ({ path, message: needed })),
  ];
}

const needed = "is read when the program runs, together with other secrets: give a path that the program knows";
