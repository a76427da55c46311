import * as z from "zod";
import { named } from "./named-schema.ts";

/** Codes of a turn or prompt that failed. docs/errors.md has each with its remedy. */
export const turnFailureCodes = [
  "CODEX_TOO_OLD",
  "MODEL_KEY_REFUSED",
  "MODEL_ACCESS_DENIED",
  "MODEL_QUOTA_EXCEEDED",
  "MODEL_RATE_LIMITED",
  "MODEL_UNKNOWN",
  "MODEL_CONTENT_REFUSED",
  "MODEL_REQUEST_REFUSED",
  "CONTEXT_TOO_LONG",
  "PROVIDER_PATH_UNKNOWN",
  "PROVIDER_UNREACHABLE",
  "PROVIDER_OVERLOADED",
  "PROVIDER_FAILED",
  "SANDBOX_FAILED",
  "PROMPT_REFUSED",
  "SESSION_DIRECTORY_CHANGED",
  "TURN_FAILED",
] as const;

/** Why a turn or prompt failed, for programs. */
export const turnFailureSchema = named(
  "TurnFailure",
  z.looseObject({
    code: z.string().describe("Stable; the project's docs/errors.md has the table. A later release may add codes."),
    codexErrorInfo: z
      .unknown()
      .optional()
      .describe(
        "Codex's own `codexErrorInfo`: a word, or an object with the word as its key. Absent where Codex has none.",
      ),
    httpStatus: z.int().optional().describe("HTTP status of the model provider's answer, where Codex reports it."),
    details: z.string().optional().describe("Codex's `additionalDetails`."),
    remedy: z.string().describe("What to do, as an action."),
  }),
);

/** Cause of an interruption. */
export const interruptedBySchema = named(
  "InterruptedBy",
  z
    .enum(["person", "prompt", "timeout", "reload", "shutdown", "restart"])
    .describe(
      "`person`: a request to interrupt or cancel, or a key in the terminal. `prompt`: a later prompt with " +
        "`whenBusy: interrupt`. `timeout`: an approval that nobody decided in time. `reload`: a new configuration that " +
        "takes permissions away. `shutdown`: the end of the wrapper. `restart`: Codex or the wrapper ended while the turn " +
        "ran. After the last three, send the prompt again if its work is still needed.",
    ),
);

export type TurnFailureCode = (typeof turnFailureCodes)[number];
export type TurnFailure = z.infer<typeof turnFailureSchema>;
export type InterruptedBy = z.infer<typeof interruptedBySchema>;
