import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { builtModules, builtPaths } from "./harness/built-modules.ts";
import { CountReporter } from "./harness/count-reporter.ts";
import { patience } from "./harness/patience.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));

/** Put modules of their own into the compiler, which only Vitest can do, in modules that it transforms. */
const replacing = "test/contract/toys*.test.ts";

export default defineConfig({
  root: repository,
  test: {
    projects: [
      {
        extends: true,
        plugins: [builtModules(repository)],
        test: {
          name: "built",
          include: ["test/**/*.test.ts"],
          exclude: [replacing],
          server: { deps: { external: [builtPaths] } },
        },
      },
      { extends: true, test: { name: "sources", include: [replacing] } },
    ],
    setupFiles: ["test/harness/fixed-seed.ts", "test/harness/patient-waiting.ts"],
    globalSetup: ["test/harness/fresh-build.ts"],
    pool: "forks",
    maxWorkers: 2,
    // Room for a cold esbuild and a started gateway on a busy machine; no test waits for time to pass.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: patience } },
    // Browsers, proxies and kills are at the mercy of the machine: in CI a test that fails runs once more, and the report
    // says so. Elsewhere nothing is hidden.
    retry: process.env.CI ? 1 : 0,
    reporters: ["default", new CountReporter()],
  },
});
