export {
  createScriptedModel,
  startScriptedModel,
  type ListenOptions,
  type RecordedRequest,
  type RunningScriptedModel,
  type ScriptedModel,
  type ScriptedModelOptions,
  type WaitForRequestOptions,
} from "./server.ts";
export { demoScript, echoScript, inOrder, type Script } from "./script.ts";
export { directiveHelp, followDirectives } from "./directives.ts";
export { execCommand, type Reply } from "./reply.ts";
export type { Purpose, ScriptedRequest, ToolOutput } from "./scripted-request.ts";
