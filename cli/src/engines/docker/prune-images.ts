import { labelNames } from "@codex-workspace/core";
import type Docker from "dockerode";
import { asking, isStatus } from "./docker-failure.ts";

export interface PruneOptions {
  /** Only images that were made before. */
  readonly before: Date;
  /** Remove nothing. */
  readonly dryRun: boolean;
}

/** Repositories of the images that `up` builds. Somebody may have built from them: such an image inherits their labels. */
const repositories = ["codex-workspace:", "codex-workspace-gateway:"];

/** What every stage of a build has in its history, and what other builds do not. */
const marks = ["/build/extra-ca.pem", "/opt/codex-workspace/"];

/** Removes the images that an earlier `up` built and that no container uses, and the stages of their builds. Returns their names. */
export async function pruneImages(docker: Docker, { before, dryRun }: PruneOptions): Promise<string[]> {
  const [containers, built, dangling] = await asking("listing images", () =>
    Promise.all([
      docker.listContainers({ all: true }),
      docker.listImages({ filters: { label: [labelNames.contextHash] } }),
      docker.listImages({ filters: { dangling: ["true"] } }),
    ]),
  );
  const used = new Set(containers.map(({ ImageID }) => ImageID));
  const isOld = ({ Id, Created }: Docker.ImageInfo): boolean => !used.has(Id) && Created * 1000 < before.getTime();
  const tags = built
    .filter(isOld)
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((tag) => repositories.some((repository) => tag.startsWith(repository)));
  const stages: string[] = [];
  for (const image of dangling.filter(isOld)) if (await isOfOurBuild(docker, image.Id)) stages.push(image.Id);
  const found = [...tags, ...stages];
  if (dryRun) return found;
  const removed: string[] = [];
  for (const image of found) if (await remove(docker, image)) removed.push(image);
  return removed;
}

async function isOfOurBuild(docker: Docker, id: string): Promise<boolean> {
  const history = (await asking("looking at an image", () => docker.getImage(id).history())) as { CreatedBy: string }[];
  return history.some(({ CreatedBy }) => marks.some((mark) => CreatedBy.includes(mark)));
}

/** False where a container or another image has come to use it meanwhile, or somebody else removed it. */
async function remove(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).remove();
    return true;
  } catch (error) {
    if (isStatus(error, 409) || isStatus(error, 404)) return false;
    throw error;
  }
}
