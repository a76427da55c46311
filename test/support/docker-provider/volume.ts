import type docker from "@pulumi/docker";
import type { Unwrap } from "@pulumi/pulumi";
import { engine, unlessGone } from "./engine.ts";
import { toLabels, toRecord } from "./labels.ts";
import { refuseOthers } from "./refuse-others.ts";

export const volume = {
  async create(args: Unwrap<docker.VolumeArgs>) {
    refuseOthers(args, ["name", "labels"]);
    const { name, labels } = args;
    const { name: id } = await engine.createVolume({ Name: name ?? "", Labels: toRecord(labels) });
    return { id };
  },
  async read(id: string) {
    const found = await unlessGone(engine.getVolume(id).inspect());
    if (found === undefined) return undefined;
    const { Name: name, Driver: driver, Mountpoint: mountpoint, Labels: labels } = found;
    return { name, driver, mountpoint, labels: toLabels(labels) };
  },
  // Every change replaces it.
  update: () => Promise.resolve(),
  async delete(id: string) {
    await unlessGone(engine.getVolume(id).remove());
  },
};
