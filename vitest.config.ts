import { defineConfig } from "vitest/config";

// Workspace packages are resolved to their sources, so that a test never runs against a stale build. The processes that
// tests start (the wrapper, the CLI) are built ones: `scripts/test` builds first.
const conditions = ["codex-workspace-source"];
const resolve = { conditions };
const ssr = { resolve: { conditions } };

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: "unit",
          include: ["*/src/**/*.test.ts", "agent-wrapper/image/**/*.test.ts", "test/repository/**/*.test.ts"],
          // Nothing of ours keeps state in a module: to load each of them anew for every file would take most of the time.
          isolate: false,
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
          fileParallelism: false,
        },
      },
    ],
  },
});
