/**
 * Stands in for the Docker provider of Terraform, which is on no registry here: it speaks the real protocol, drives the real
 * engine, and its schema is that of the published bindings. Its port is the first line that it prints; it ends with its input.
 */
import { fileURLToPath } from "node:url";
import {
  loadPackageDefinition,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { useHost } from "./engine.ts";
import { ProviderCrash } from "./terraform-faults.ts";
import { TerraformResource } from "./terraform-resource.ts";
import { type Block, readSchema } from "./terraform-schema.ts";
import { type DynamicValue, fromWire, toWire, type Value } from "./terraform-values.ts";

const resources: Readonly<Record<string, TerraformResource>> = {
  docker_container: new TerraformResource("Container", "container"),
  docker_image: new TerraformResource("RemoteImage", "image"),
  docker_network: new TerraformResource("Network", "network"),
  docker_volume: new TerraformResource("Volume", "volume"),
};

/** What the SDK of the real provider asks of Terraform: to bear with what its types cannot say. */
const legacy = { legacy_type_system: true };

interface OfType {
  readonly type_name: string;
}

const methods = {
  GetProviderSchema: () => ({
    provider: { block: toWireBlock(readSchema("provider")) },
    resource_schemas: Object.fromEntries(
      Object.entries(resources).map(([name, resource]) => [name, { block: toWireBlock(resource.schema, resource) }]),
    ),
  }),
  ValidateProviderConfig: () => ({}),
  ConfigureProvider: ({ config }: { config: DynamicValue }) => {
    const { host, ...others } = fromWire(config) ?? {};
    const given = Object.entries(others).filter(
      ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
    );
    if (given.length > 0) throw new Error(`the stand-in has no ${given.map(([name]) => name).join()} of the provider`);
    if (typeof host === "string") useHost(host);
    return {};
  },
  ValidateResourceConfig: () => ({}),
  // There has been but one version of each.
  UpgradeResourceState: ({ raw_state }: { raw_state: DynamicValue }) => ({ upgraded_state: { json: raw_state.json } }),
  ReadResource: async ({ type_name, current_state }: OfType & { current_state: DynamicValue }) => {
    const state = fromWire(current_state);
    return { new_state: toWire(state && (await resourceOf(type_name).read(state))) };
  },
  PlanResourceChange: ({
    type_name,
    prior_state,
    config,
  }: OfType & { prior_state: DynamicValue; config: DynamicValue }) => {
    const asked = fromWire(config);
    if (asked === null) return { ...legacy, planned_state: toWire(null) };
    const { planned, replaces } = resourceOf(type_name).plan(fromWire(prior_state), asked);
    const requires_replace = replaces.map((attribute_name) => ({ steps: [{ attribute_name }] }));
    return { ...legacy, planned_state: toWire(planned), requires_replace };
  },
  ApplyResourceChange: async (change: OfType & { prior_state: DynamicValue; planned_state: DynamicValue }) => {
    const prior = fromWire(change.prior_state);
    const planned = fromWire(change.planned_state);
    try {
      const { state, failure } = await apply(resourceOf(change.type_name), prior, planned);
      return { ...legacy, new_state: toWire(state), diagnostics: failure === undefined ? [] : [toDiagnostic(failure)] };
    } catch (error) {
      if (error instanceof ProviderCrash) throw error;
      return { ...legacy, new_state: toWire(prior), diagnostics: [toDiagnostic(error)] };
    }
  },
  ImportResourceState: ({ type_name, id }: OfType & { id: string }) => ({
    imported_resources: [{ type_name, state: toWire(resourceOf(type_name).imported(id)) }],
  }),
  StopProvider: () => ({}),
};

async function apply(resource: TerraformResource, prior: Value | null, planned: Value | null) {
  if (prior === null) return resource.create(planned ?? {});
  if (planned !== null) return resource.update(prior, planned);
  await resource.delete(prior);
  return { state: null };
}

function resourceOf(typeName: string): TerraformResource {
  const resource = resources[typeName];
  if (resource === undefined) throw new Error(`the stand-in has no ${typeName}`);
  return resource;
}

function toWireBlock({ attributes, blocks }: Block, resource?: TerraformResource, parents = ""): object {
  return {
    attributes: Object.entries(attributes).map(([name, { type, use }]) => ({
      name,
      type: Buffer.from(JSON.stringify(type)),
      [use]: true,
      ...(resource?.isComputed(parents + name, use) === true && { computed: true }),
    })),
    block_types: Object.entries(blocks).map(([type_name, { nesting, isOne, block }]) => ({
      type_name,
      nesting: nesting.toUpperCase(),
      max_items: isOne && nesting !== "single" ? 1 : 0,
      block: toWireBlock(block, resource, `${type_name}.`),
    })),
  };
}

function toDiagnostic(error: unknown) {
  return { severity: "ERROR", summary: error instanceof Error ? error.message : String(error) };
}

async function answerOf(method: () => object | Promise<object>): Promise<object> {
  try {
    return await method();
  } catch (error) {
    if (error instanceof ProviderCrash) throw error;
    return { diagnostics: [toDiagnostic(error)] };
  }
}

const options = { keepCase: true, enums: String, defaults: true };
const file = fileURLToPath(new URL("tfplugin6.proto", import.meta.url));
const { tfplugin6 } = loadPackageDefinition(loadSync(file, options)) as unknown as {
  tfplugin6: { Provider: { service: Parameters<Server["addService"]>[0] } };
};
const handlers: UntypedServiceImplementation = Object.fromEntries(
  Object.entries(methods).map(([name, method]) => [
    name,
    ({ request }: ServerUnaryCall<unknown, object>, callback: sendUnaryData<object>) => {
      void answerOf(() => method(request as never)).then(
        (answer) => callback(null, answer),
        (crash: unknown) => callback({ code: status.UNAVAILABLE, message: String(crash) }),
      );
    },
  ]),
);
const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService(tfplugin6.Provider.service, handlers);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(port);
});
process.stdin.on("end", () => server.forceShutdown()).resume();
