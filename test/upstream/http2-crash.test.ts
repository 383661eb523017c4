import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { temporaryFolder } from "../harness/temporary-folder.ts";

test("a service that breaks off its fields and leaves does not end the process, in whatever order Node cleans up", async () => {
  const outfile = `${temporaryFolder({})}/child.mjs`;
  const entry = fileURLToPath(new URL("support/end-order-child.ts", import.meta.url));
  await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
  // With little room for what is young, so that the collector is there often. Node 20 ends here without `EndOrder`.
  const { stdout, stderr } = spawnSync(process.execPath, ["--max-semi-space-size=1", outfile, "with"], { encoding: "utf8" });
  expect(stderr).not.toContain("Assertion failed");
  expect(stdout).toBe("lives\n");
});
