import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { buildGateway } from "../../../compiler/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const gateway = (more = "", policies = 'public: "test"'): string => `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
routes: { all: { match: { path: "/**" }, service: backend, policies: { ${policies} } } }
services: { backend: { endpoints: [http://127.0.0.1:9001] } }
${more}`;

/** One mistake for each phase that can find one, and for what is looked at behind the last. */
const mistakes: Readonly<Record<string, string>> = {
  "text that is no YAML": "gateway: [",
  "a key that nobody knows": gateway("surprise: 1"),
  "a service that is not there": gateway().replace("service: backend", "service: nobody"),
  "an operation that nothing protects": gateway("", ""),
  "an expression that does not hold together": gateway("", `public: "test", authorize: { require: "request.path + 1" }`),
  "a code of no warning in allowWarnings": gateway("allowWarnings: { link/nothing-of-the-kind: because }"),
  "the code of an error in allowWarnings": gateway("allowWarnings: { link/unknown-service: because }"),
};

it.each(Object.entries(mistakes))("%s leaves the bundle of the last build alone", async (_, wrong) => {
  const folder = temporaryFolder({ "gateway.yaml": gateway() });
  const out = join(folder, "out");
  const entry = join(folder, "gateway.yaml");
  expect((await buildGateway(entry, out)).result).toBeDefined();
  const state = () =>
    (readdirSync(out, { recursive: true }) as string[])
      .sort()
      .map((path) => [
        path,
        statSync(join(out, path)).mtimeMs,
        statSync(join(out, path)).isFile() && readFileSync(join(out, path), "utf8"),
      ]);
  const before = state();
  writeFileSync(entry, wrong);
  const { result, ir, diagnostics } = await buildGateway(entry, out);
  expect(diagnostics.some(({ severity }) => severity === "error")).toBe(true);
  expect([result, ir]).toEqual([undefined, undefined]);
  expect(state()).toEqual(before);
});
