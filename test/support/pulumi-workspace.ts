import { randomBytes } from "node:crypto";
import { CodexWorkspace, type CodexWorkspaceArgs } from "@codex-workspace/pulumi";
import * as pulumi from "@pulumi/pulumi";
import type { EngineEvent, OutputMap } from "@pulumi/pulumi/automation/index.js";
import { docker } from "./docker.ts";
import { testImageInputs } from "./image.ts";
import { inventoryOf } from "./inventory.ts";
import { TestStack } from "./pulumi.ts";
import { until, WorkspaceHttp } from "./workspace-http.ts";

/** What Pulumi did with each resource that it did not leave as it was, by its name. */
export type Changes = Readonly<Record<string, string>>;

type ChosenArgs = Partial<CodexWorkspaceArgs>;

const { baseImage, nodeImage, extraCaCertificates } = testImageInputs;
/** How the images of the tests are built. */
const testBuild = { baseImage, nodeImage, extraCaCertificates };

/** The workspace "agent" of a stack of its own; at the end nothing of it is left. */
export class PulumiWorkspace implements AsyncDisposable {
  /** What names it on Docker, unless the args do. */
  readonly name = `pulumi-${randomBytes(4).toString("hex")}`;
  readonly token = `canary-token-${randomBytes(8).toString("hex")}`;
  /** All that Pulumi printed. */
  readonly shown: string[] = [];
  /** What the program adds to the args that every test needs. */
  args: () => ChosenArgs;
  #stack: TestStack | undefined;
  #outputs: OutputMap = {};

  private constructor(args: () => ChosenArgs) {
    this.args = args;
  }

  static async create(program: string, args: () => ChosenArgs = () => ({})): Promise<PulumiWorkspace> {
    const workspace = new PulumiWorkspace(args);
    workspace.#stack = await TestStack.create(program, "test", () => Promise.resolve(workspace.#declare()));
    return workspace;
  }

  get stack(): TestStack {
    if (this.#stack === undefined) throw new Error("the stack has not been created");
    return this.#stack;
  }

  /** As the last `up` returned it. */
  output(name: string): unknown {
    return this.#outputs[name]?.value;
  }

  isSecret(name: string): boolean | undefined {
    return this.#outputs[name]?.secret;
  }

  get http(): WorkspaceHttp {
    return new WorkspaceHttp(String(this.output("url")), this.token);
  }

  async up(): Promise<Changes> {
    const [changes, onEvent] = collectChanges();
    const { outputs } = await this.stack.stack.up({ onEvent, onOutput: this.#show, diff: true });
    this.#outputs = outputs;
    return Object.fromEntries(changes);
  }

  /** The errors of an `up` that must fail, as they are printed below its heading "Diagnostics". */
  async failedUp(): Promise<string> {
    const errors: string[] = [];
    const onEvent = ({ diagnosticEvent }: EngineEvent): void => {
      if (diagnosticEvent?.severity === "error") errors.push(diagnosticEvent.message.replaceAll(/<\{%.*?%\}>/g, ""));
    };
    const up = this.stack.stack.up({ onEvent, onOutput: this.#show });
    const hasFailed = await up.then(
      () => false,
      () => true,
    );
    if (!hasFailed) throw new Error("up has succeeded");
    return errors.join("");
  }

  async preview(): Promise<Changes> {
    const [changes, onEvent] = collectChanges();
    await this.stack.stack.preview({ onEvent, onOutput: this.#show, diff: true });
    return Object.fromEntries(changes);
  }

  /** What Docker has otherwise than Pulumi knows, which now knows it. */
  async refresh(): Promise<Changes> {
    const [changes, onEvent] = collectChanges();
    await this.stack.stack.refresh({ onEvent, onOutput: this.#show });
    return Object.fromEntries(changes);
  }

  async destroy(): Promise<void> {
    await this.stack.stack.destroy({ onOutput: this.#show });
  }

  /** Waits until the running session has the configuration that the last `up` brought. */
  async inForce(): Promise<void> {
    const { http } = this;
    await until(async () => {
      const answer = await http.get("/v1/status").catch(() => undefined);
      return answer?.body["configHash"] === this.output("configHash");
    }, "the configuration to be in force");
    await http.ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack[Symbol.asyncDispose]();
    for (const line of await inventoryOf(this.name)) {
      const [kind = "", name = ""] = line.split(" ");
      await docker([kind, "rm", "--force", name]);
    }
  }

  #declare(): Record<string, unknown> {
    const workspace = new CodexWorkspace("agent", {
      workspaceName: this.name,
      image: { build: testBuild },
      api: { port: 0, token: pulumi.secret(this.token) },
      ...this.args(),
    });
    const { url, token, containerId, containerName, configHash, codexVersion, ready, attachCommand } = workspace;
    return { url, token, containerId, containerName, configHash, codexVersion, ready, attachCommand };
  }

  readonly #show = (text: string): void => {
    this.shown.push(text);
  };
}

function collectChanges(): [ReadonlyMap<string, string>, (event: EngineEvent) => void] {
  const changes = new Map<string, string>();
  const onEvent = ({ resourcePreEvent, resOutputsEvent }: EngineEvent): void => {
    // What a refresh has found is told at its end alone.
    const { op, urn } = (resourcePreEvent ?? resOutputsEvent)?.metadata ?? { op: "same", urn: "" };
    // A replacement is told as what it consists of too.
    if (["same", "refresh", "create-replacement", "delete-replaced"].includes(op)) return;
    changes.set(urn.split("::").at(-1) ?? "", op);
  };
  return [changes, onEvent];
}
