import { TerraformResource } from "cdktf";
import type { Construct } from "constructs";

/**
 * Replaces the container that names it, whenever its value changes. CDKTF's own `DataResource` would run Terraform at each
 * synthesis, to ask for its version.
 */
export class StartTrigger extends TerraformResource {
  readonly #value: string;

  constructor(scope: Construct, id: string, value: string) {
    super(scope, id, { terraformResourceType: "terraform_data" });
    this.#value = value;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { input: this.#value };
  }
}
