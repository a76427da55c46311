export { gatewayBuildContext, type GatewayImageInputs } from "./build-context.ts";
