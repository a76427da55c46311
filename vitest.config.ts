import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Workspace packages are resolved to their sources, so that a test never runs against a stale build. The processes that
// tests start (the wrapper, the CLI) are built ones: `scripts/test` builds first.
const conditions = ["codex-workspace-source"];
const resolve = { conditions };
const ssr = { resolve: { conditions } };

/** Begins with the files that are small and take long: where no former run is known, vitest goes by size. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      /\/(chaos|dead-model|image-build|pulumi-(changes|drift|faults))\.test\.ts$/.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: "unit",
          include: ["*/src/**/*.test.ts", "agent-wrapper/image/**/*.test.ts", "test/repository/**/*.test.ts"],
          // Nothing of ours keeps state in a module: to load each of them anew for every file would take most of the time.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // A test waits for Codex more than it works.
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          // There is one Docker Engine, whatever the cores.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
