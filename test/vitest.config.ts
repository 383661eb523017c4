import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { CountReporter } from "./harness/count-reporter.ts";

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/harness/fixed-seed.ts"],
    pool: "forks",
    maxWorkers: 2,
    // Room for a cold esbuild and a started gateway on a busy machine; no test waits for time to pass.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Browsers, proxies and kills are at the mercy of the machine: in CI a test that fails runs once more, and the report
    // says so. Elsewhere nothing is hidden.
    retry: process.env.CI ? 1 : 0,
    reporters: ["default", new CountReporter()],
  },
});
