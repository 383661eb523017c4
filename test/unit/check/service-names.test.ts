import { expect, test } from "vitest";
import { compileProject } from "../../harness/compile-project.ts";

const project = (route: string, services: string) =>
  new Map([
    [
      "gateway.yaml",
      `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
${services}
routes: { files: { match: { path: /files }, service: "${route}", policies: { public: test } } }
`,
    ],
  ]);

test("an address in place of the name of a service is told where it belongs, which is right", async () => {
  const { diagnostics } = await compileProject(project("http://files:8080", ""));
  const help = diagnostics.find(({ code }) => code === "check/unknown-service")?.help;
  expect(help).toBe(
    'A service has a name, and its address among its endpoints: `services: { backend: { endpoints: ["http://files:8080"] } }` and `service: backend`.',
  );
  const [, services = "", , name = ""] = help!.split("`");
  expect((await compileProject(project(name.replace("service: ", ""), services))).codes).toEqual([]);
});
