import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import type docker from "@pulumi/docker";
import type { Unwrap } from "@pulumi/pulumi";
import { pack } from "tar-stream";
import { engine, followProgress, unlessGone } from "./engine.ts";
import { refuseOthers } from "./refuse-others.ts";

type RemoteImageArgs = Unwrap<docker.RemoteImageArgs>;

export const remoteImage = {
  async create(args: RemoteImageArgs) {
    refuseOthers(args, ["name", "build", "keepLocally", "forceRemove", "triggers", "pullTriggers"]);
    const { name, build } = args;
    if (build !== undefined) await buildImage(name, build);
    else if ((await imageId(name)) === undefined) await pullImage(name);
    return { id: `${String(await imageId(name))}${name}` };
  },
  async read(_id: string, { name }: RemoteImageArgs) {
    const found = await imageId(name);
    return found === undefined ? undefined : { name, imageId: found };
  },
  // What is changed in place concerns only how it is made and removed.
  update: () => Promise.resolve(),
  async delete(_id: string, { name, keepLocally, forceRemove: force = false }: RemoteImageArgs) {
    if (keepLocally !== true) await unlessGone(engine.getImage(name).remove({ force }));
  },
};

async function imageId(name: string): Promise<string | undefined> {
  return (await unlessGone(engine.getImage(name).inspect()))?.Id;
}

async function pullImage(name: string): Promise<void> {
  try {
    await followProgress(await engine.pull(name));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`unable to pull image ${name}: ${reason}`, { cause });
  }
}

async function buildImage(name: string, build: NonNullable<RemoteImageArgs["build"]>): Promise<void> {
  refuseOthers(build, ["context", "dockerfile", "buildArgs", "forceRemove", "remove"]);
  const archive = pack();
  for (const path of readdirSync(build.context, { recursive: true, encoding: "utf8" }).sort()) {
    const file = join(build.context, path);
    const { mode } = statSync(file);
    if (statSync(file).isFile()) archive.entry({ name: path, mode: mode & 0o777, uid: 0, gid: 0 }, readFileSync(file));
  }
  archive.finalize();
  const { buildArgs: buildargs = {}, dockerfile = "Dockerfile", forceRemove: forcerm = false } = build;
  // The builder that every engine has.
  const stream = await engine.buildImage(Readable.from(archive), {
    t: name,
    dockerfile,
    buildargs,
    forcerm,
    version: "1",
  });
  await followProgress(stream);
}
