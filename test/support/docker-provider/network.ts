import type docker from "@pulumi/docker";
import type { Unwrap } from "@pulumi/pulumi";
import { engine, unlessGone } from "./engine.ts";
import { toLabels, toRecord } from "./labels.ts";
import { refuseOthers } from "./refuse-others.ts";

export const network = {
  async create(args: Unwrap<docker.NetworkArgs>) {
    refuseOthers(args, ["name", "labels", "internal"]);
    const { name, labels, internal } = args;
    const Labels = toRecord(labels);
    const { id } = await engine.createNetwork({ Name: name ?? "", Labels, Internal: internal, CheckDuplicate: true });
    return { id };
  },
  async read(id: string) {
    const found = await unlessGone(engine.getNetwork(id).inspect());
    if (found === undefined) return undefined;
    const { Name: name, Driver: driver, Internal: internal, Scope: scope, Labels: labels } = found;
    return { name, driver, internal, scope, labels: toLabels(labels) };
  },
  // Every change replaces it.
  update: () => Promise.resolve(),
  async delete(id: string) {
    await unlessGone(engine.getNetwork(id).remove());
  },
};
