import { AsyncLocalStorage } from "node:async_hooks";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

export interface ShownLogInputs {
  /** The component, whose provider is asked and for which it is said. */
  readonly parent: pulumi.Resource;
  /** Of the resource. */
  readonly name: string;
  readonly containerName: string;
}

/** Says what the last lines of a container's log are, where it does not come up: the provider says no more than that. */
export function shownLog({ parent, name, containerName }: ShownLogInputs): pulumi.ErrorHook[] {
  // The mocks of Pulumi 3.270, on which a user's unit tests run, would wait for ever for a hook to be taken.
  if (!("registerErrorHook" in (pulumi.runtime.getMonitor() ?? {}))) return [];
  const show = async ({ failedOperation }: pulumi.ErrorHookArgs): Promise<boolean> => {
    const lines = failedOperation === "create" ? await lastLines(containerName, parent) : [];
    if (lines.length > 0)
      await pulumi.log.error([`the log of ${containerName} ends with`, ...lines].join("\n"), parent);
    return false;
  };
  // Pulumi finds the program that is running by its asynchronous context, and calls a hook outside of that.
  return [new pulumi.ErrorHook(`log of ${name}, ${containerName}`, AsyncLocalStorage.bind(show))];
}

async function lastLines(containerName: string, parent: pulumi.Resource): Promise<readonly string[]> {
  const args = { name: containerName, tail: "20", discardHeaders: true, logsListStringEnabled: true };
  try {
    const { logsListStrings } = await docker.getLogs(args, { parent });
    return logsListStrings;
  } catch {
    // Such as no container, or no Docker. The provider says why it failed, and a failure here would take the place of that.
    return [];
  }
}
