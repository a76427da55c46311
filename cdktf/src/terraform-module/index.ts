export { moduleComment, renderTerraformModule, type TerraformModule } from "./render-module.ts";
