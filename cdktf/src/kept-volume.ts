import { Volume } from "@cdktf/provider-docker/lib/volume/index.js";
import { TerraformElement } from "cdktf";

/**
 * A volume that outlives the workspace: Docker makes it for the container that mounts it, and Terraform has none of it. Where it
 * was Terraform's before, under the same id, Terraform forgets it and destroys nothing.
 */
export class KeptVolume extends TerraformElement {
  override toTerraform(): unknown {
    const from = `${Volume.tfResourceType}.${this.friendlyUniqueId}`;
    return { removed: [{ from, lifecycle: { destroy: false } }] };
  }
}
