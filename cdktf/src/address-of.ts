import type { TerraformResource } from "cdktf";

/** Of a resource, where Terraform takes an address alone: what CDKTF makes of `fqn` is an expression. */
export function addressOf({ terraformResourceType, friendlyUniqueId }: TerraformResource): string {
  return `${terraformResourceType}.${friendlyUniqueId}`;
}
