import { engine } from "./engine.ts";
import type { Properties } from "./resources.ts";

/** The end of the provider's process: Terraform reads it as a lost connection. */
export class ProviderCrash extends Error {}

/** Fails at the properties at which kreuzwerker/docker 3.6.2 fails (observed). */
export async function refuseAsProvider362({ cpus, mounts }: Properties): Promise<void> {
  if (typeof cpus === "string") throw new ProviderCrash("interface conversion: interface {} is string, not float32");
  const options = Array.isArray(mounts) && mounts.some((mount: Properties) => hasOptions(mount["volumeOptions"]));
  if (!options) return;
  const { ApiVersion } = await engine.version();
  const [major = 0, minor = 0] = ApiVersion.split(".").map(Number);
  if (major === 1 && minor < 45)
    throw new Error(`"VolumeOptions" requires API version 1.45, the engine has ${ApiVersion}`);
}

/** A block that is not written arrives as an empty list or not at all. */
function hasOptions(options: unknown): boolean {
  return options !== undefined && options !== null && !(Array.isArray(options) && options.length === 0);
}
