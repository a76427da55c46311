import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  containerPaths,
  environmentNames,
  environmentPrefix,
  WorkspaceError,
  type WrapperConfig,
} from "@codex-workspace/core";
import { pino } from "pino";
import packageJson from "../package.json" with { type: "json" };
import { takeSetAside } from "./codex/run-as.ts";
import { readBundle, readTokens } from "./files/read-bundle.ts";
import { prepareUsers } from "./files/users.ts";
import { inStrings, Redactor } from "./redact.ts";
import { Wrapper } from "./wrapper.ts";

const [, program = ""] = process.argv;
const programs = dirname(program);
const redactor = new Redactor();
const logger = pino({
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  hooks: { streamWrite: (line) => inStrings(line, redactor.redact) },
});

run().catch((error: unknown) => {
  const known = error instanceof WorkspaceError ? { code: error.code, remedy: error.remedy } : {};
  logger.fatal({ err: error, ...known }, error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});

async function run(): Promise<void> {
  const directory = process.env[environmentNames.config] ?? containerPaths.config;
  const bundle = await readBundle(directory);
  logger.level = bundle.config.logLevel;
  await mkdir(bundle.config.paths.state, { recursive: true, mode: 0o700 });
  const wrapper = new Wrapper({
    directory,
    bundle,
    users: await prepareUsers(bundle.config),
    tokens: bundle.config.api.auth === "token" ? await readTokens(directory) : [],
    version: packageJson.version,
    logger,
    redactor,
    environment: inheritedEnvironment(bundle.config.users),
    applyProgram: join(programs, "apply-files.cjs"),
    webDirectory: join(programs, "web"),
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      logger.info({ signal }, "stopping");
      wrapper.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, "stopping failed");
          process.exit(1);
        },
      );
    });
  }
  await wrapper.start();
}

/** Variables that Codex inherits. In a container `launch` has set them aside; else they are all but those of the wrapper. */
function inheritedEnvironment(users: WrapperConfig["users"]): Record<string, string> {
  if (users === "separate") return takeSetAside(process.env);
  const given = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith(environmentPrefix),
  );
  return Object.fromEntries(given);
}
