import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkGateway } from "../../compiler/index.ts";
import { Program } from "../harness/program.ts";
import { repository } from "../harness/sample.ts";

const examples = readdirSync(join(repository, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  // Recipes are a page: recipes.test.ts.
  .filter((name) => existsSync(join(repository, "examples", name, "gateway.yaml")));

describe.each(examples)("example %s", (name) => {
  const folder = join(repository, "examples", name);

  test("compiles without a diagnostic", async () => {
    const { ir, diagnostics } = await checkGateway(join(folder, "gateway.yaml"));
    expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
    expect(ir?.operations.length).toBeGreaterThan(0);
  });

  test("has a README", () => expect(existsSync(join(folder, "README.md"))).toBe(true));

  test.runIf(existsSync(join(folder, "start.mjs")))("has a start script that serves, and ends with 0 on SIGTERM", async () => {
    const program = new Program(join(folder, "start.mjs"), [], { env: { PORT: "0", ADMIN_PORT: "0" } });
    const [, url] = await program.until(/^gateway +(http:\/\/localhost:\d+)$/m);
    const answer = await fetch(url!, { redirect: "manual" });
    expect(answer.status).toBeLessThan(500);
    await answer.arrayBuffer();
    expect((await program.stop("SIGTERM")).code).toBe(0);
  });
});
