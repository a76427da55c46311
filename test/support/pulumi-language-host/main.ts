/**
 * Stands in for Pulumi's host of Node programs, which is on no registry as a program: it has the engine's protocol, and runs
 * what the published SDK runs a program with.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type handleUnaryCall, Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import grpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";

const { resolve } = createRequire(import.meta.url);
const runner = resolve("@pulumi/pulumi/cmd/run/index.js");
const pluginRunner = resolve("@pulumi/pulumi/cmd/run-plugin/index.js");
/** Where the engine takes log messages, and nothing where it says so in the handshake. */
let engine = process.argv.at(-1) ?? "";

/** With it the runner says that it has told the user what is wrong. */
const hasLogged = 32;

function run(request: language.RunRequest): Promise<language.RunResponse> {
  const info = request.getInfo();
  const directory = info?.getProgramDirectory() ?? request.getPwd();
  const args = [
    ...["--monitor", request.getMonitorAddress(), "--engine", engine, "--pwd", directory],
    ...["--project", request.getProject(), "--stack", request.getStack(), "--organization", request.getOrganization()],
    ...["--root-directory", info?.getRootDirectory() ?? directory, "--parallel", String(request.getParallel())],
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() ?? ".",
  ];
  const options = info?.getOptions()?.toJavaScript() ?? {};
  const env = {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    PULUMI_NODEJS_TYPESCRIPT: options["typescript"] === false ? "false" : "true",
  };
  return new Promise((resolve, reject) => {
    // Its standard output is the engine's to read: what the program prints is shown as such.
    const program = spawn(process.execPath, [runner, ...args], { cwd: directory, env, stdio: ["ignore", 2, 2] });
    program.once("error", reject);
    program.once("exit", (code, signal) => {
      const response = new language.RunResponse();
      if (code === hasLogged) response.setBail(true);
      else if (code !== 0) response.setError(`the program ended with ${signal ?? `exit code ${String(code)}`}`);
      resolve(response);
    });
  });
}

/** A plugin that is a folder of source, such as a provider of components. The engine reads what it prints. */
function runPlugin(call: ServerWritableStream<language.RunPluginRequest, language.RunPluginResponse>): void {
  const { request } = call;
  const variables = request.getEnvList().map((pair): [string, string] => {
    const [name = "", ...value] = pair.split("=");
    return [name, value.join("=")];
  });
  const directory = request.getInfo()?.getProgramDirectory() ?? request.getProgram();
  const program = spawn(process.execPath, [pluginRunner, directory, ...request.getArgsList()], {
    cwd: request.getPwd(),
    env: { ...process.env, ...Object.fromEntries(variables) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const respond = (fill: (response: language.RunPluginResponse) => void): void => {
    const response = new language.RunPluginResponse();
    fill(response);
    call.write(response);
  };
  program.stdout.on("data", (chunk: Buffer) => respond((response) => response.setStdout(chunk)));
  program.stderr.on("data", (chunk: Buffer) => respond((response) => response.setStderr(chunk)));
  program.once("error", (error) => call.destroy(error));
  program.once("close", (code) => {
    respond((response) => response.setExitcode(code ?? 1));
    call.end();
  });
  call.once("cancelled", () => program.kill());
}

/** An answer to a call that asks for nothing else. */
function answer<Request, Response>(reply: (request: Request) => Response | Promise<Response>) {
  const handler: handleUnaryCall<Request, Response> = (call, callback) => {
    Promise.resolve(reply(call.request)).then(
      (response) => callback(null, response),
      (error: unknown) => callback(error as Error),
    );
  };
  return handler;
}

const server = new Server();
server.addService(grpc.LanguageRuntimeService, {
  handshake: answer((request: language.LanguageHandshakeRequest) => {
    engine = request.getEngineAddress();
    return new language.LanguageHandshakeResponse();
  }),
  getPluginInfo: answer(() => new plugin.PluginInfo()),
  // Plugins are found on PATH.
  getRequiredPlugins: answer(() => new language.GetRequiredPluginsResponse()),
  getRequiredPackages: answer(() => new language.GetRequiredPackagesResponse()),
  getProgramDependencies: answer(() => new language.GetProgramDependenciesResponse()),
  about: answer(() => new language.AboutResponse()),
  // The schema takes the place of what the published host writes from it.
  generatePackage: answer((request: language.GeneratePackageRequest) => {
    writeFileSync(join(request.getDirectory(), "schema.json"), request.getSchema());
    return new language.GeneratePackageResponse();
  }),
  link: answer(() => new language.LinkResponse()),
  // What the repository has installed.
  installDependencies: (call: ServerWritableStream<unknown, unknown>) => void call.end(),
  run: answer(run),
  runPlugin,
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(port);
});
