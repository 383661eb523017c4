import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkGateway, type GatewayIr } from "../../compiler/index.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import type { Project } from "../harness/subject.ts";
import { gateways, type ProjectFiles } from "./gateways.ts";
import { effort, Pair, seed } from "./pair.ts";
import { withProject } from "./projects.ts";

const wanted = 12 * effort;

/** Gateways that build, of those that are generated. */
const candidates = (count: number): readonly ProjectFiles[] => fc.sample(gateways(), { numRuns: count, seed });

async function irOf(project: Project): Promise<GatewayIr | undefined> {
  return (await checkGateway(project.entry)).ir;
}

async function agree(project: Project, ir: GatewayIr, other = project): Promise<ReadonlyMap<number, number>> {
  const pair = await Pair.start(project, sampleEnvironment, other);
  try {
    await pair.expectAgreement(ir, 60);
    return pair.statuses;
  } finally {
    await pair.stop();
  }
}

test("generated gateways: compiled equals interpreted", { timeout: 60_000 * effort }, async () => {
  let tried = 0;
  const statuses = new Map<number, number>();
  let mostConditions = 0;
  for (const files of candidates(wanted * 20)) {
    if (tried === wanted) break;
    await withProject(files, async (project) => {
      const ir = await irOf(project);
      if (ir === undefined) return;
      tried++;
      for (const { steps } of ir.operations)
        mostConditions = Math.max(mostConditions, steps.filter(({ when }) => when !== undefined).length);
      const answered = await agree(project, ir).catch((error: unknown) => {
        throw new Error(`compiled and interpreted disagree; the gateway is in ${keep(files)}`, { cause: error });
      });
      for (const [status, count] of answered) statuses.set(status, (statuses.get(status) ?? 0) + count);
    });
  }
  expect(tried, "gateways that build").toBe(wanted);
  expect(mostConditions, "conditional steps of one operation, of which 32 fit into a number").toBeGreaterThan(64);
  // Agreement about nothing but 404 would prove nothing.
  for (const status of [200, 400, 401, 404, 405]) expect(statuses.get(status) ?? 0, `answers ${status}`).toBeGreaterThan(0);
  expect(statuses.get(200)! * 10).toBeGreaterThan([...statuses.values()].reduce((sum, count) => sum + count));
});

test("a gateway that differs in one field of the answer is found", async () => {
  const routes = (headers: object) => ({
    all: { match: { path: "/**" }, service: "backend", policies: { public: "control", ...headers } },
  });
  const [files] = candidates(1);
  const { listeners, services } = files!["gateway.yaml"] as Record<string, unknown>;
  const gateway = { gateway: "control", compatibility: "2026-12-01", listeners, services };
  await withProject({ "gateway.yaml": { ...gateway, routes: routes({}) } }, (one) =>
    withProject(
      { "gateway.yaml": { ...gateway, routes: routes({ headers: { response: { set: { "X-Changed": "yes" } } } }) } },
      async (other) => {
        const ir = (await irOf(one))!;
        await expect(agree(one, ir, other)).rejects.toThrow(/Property failed after 1 tests/);
        await agree(one, ir);
      },
    ),
  );
});

/** Writes the gateway that failed where somebody can look at it. */
function keep(files: ProjectFiles): string {
  const folder = join(tmpdir(), "gatewright-differential");
  mkdirSync(folder, { recursive: true });
  for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(value, undefined, 1));
  return folder;
}
