import fc from "fast-check";
import { expect, test } from "vitest";
import { readRequest } from "../../compiler/commands/explain/read-request.ts";
import { type ExplainedRequest, explainRequest } from "../../compiler/commands/explain/request.ts";
import { checkGateway, type GatewayIr } from "../../compiler/index.ts";
import { answerSteps } from "../../compiler/ir/answer-steps.ts";
import type { Hook, StepIr } from "../../compiler/ir/step.ts";
import { sendRequest } from "../harness/http-client.ts";
import { startUpstream } from "../harness/recording-upstream.ts";
import { gateways } from "./gateways.ts";
import { effort, isNoCopy, seed } from "./pair.ts";
import { projectEnvironment, projects, withProject } from "./projects.ts";
import { requestsFor } from "./requests.ts";
import { type Trace, TracedGateway, traceField } from "./traced.ts";

/** What `explain` has to know as well: expectations, heads that are too large, OPTIONS that may go no further. */
const unusual = fc.oneof(
  { weight: 12, arbitrary: fc.constant([]) },
  fc.constantFrom<[string, string][]>(
    [["Expect", "200-ok"]],
    [["Expect", "100-continue"]],
    [["Max-Forwards", "0"]],
    [["X-Large", "x".repeat(40_000)]],
    Array.from({ length: 210 }, (_, index): [string, string] => [`X-Field-${index}`, "x"]),
    [["Host", "second.example"]],
  ),
);

/** @param told what the explanation is made from, to show that a wrong one is found */
async function expectExplained(
  ir: GatewayIr,
  folder: string,
  requests: number,
  statuses = new Map<number, number>(),
  told = ir,
): Promise<void> {
  const upstream = await startUpstream(3);
  // What is kept of earlier answers is nothing that a request tells of.
  const headers: [string, string][] = [
    ["Content-Type", "application/json"],
    ["Cache-Control", "no-store"],
  ];
  upstream.answer = { status: 200, headers, body: '{"from":"the service"}' };
  const environment = projectEnvironment(ir, upstream.urls);
  const gateway = await TracedGateway.start(ir, folder, environment);
  let count = 0;
  const unread: string[] = [];
  try {
    await fc.assert(
      fc.asyncProperty(requestsFor(ir), unusual, async (generated, more) => {
        const number = String(++count);
        const request = { ...generated, headers: [...generated.headers, ...more, [traceField, number] as const] };
        const headers = request.headers.map(([name, value]) => ({ name, value }));
        const explained = explainRequest(told, readRequest({ ...request, headers }, ir));
        upstream.take();
        const { status } = await sendRequest(gateway.port, request);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (explained.refusal?.isUnread === true) {
          unread.push(number);
          expect(status, "status").toBe(explained.status);
          return;
        }
        const trace = await gateway.trace(number);
        compareSteps(explained, trace, status);
        for (const { target } of upstream.take().filter(isNoCopy)) compareTarget(explained, trace, target, environment);
      }),
      { seed, numRuns: requests * effort },
    );
    expect(
      unread.filter((number) => gateway.has(number)),
      "requests that could not be read and ran steps",
    ).toEqual([]);
  } finally {
    await gateway.stop();
    await upstream.close();
  }
}

/** What ran is what `explain` lists: no more, no less, and in that order. */
function compareSteps(explained: ExplainedRequest, trace: Trace, status: number): void {
  expect(trace.operation, "operation").toBe(explained.operation?.id ?? "unmatched");
  const ran = (hook: Hook): readonly StepIr[] => trace.events.filter((event) => event.hook === hook).map(({ step }) => step);
  const listed = (hook: Hook): readonly StepIr[] =>
    explained.steps.filter(({ hooks }) => hooks.includes(hook)).map(({ step }) => step);

  const requested = ran("request");
  const last = requested.at(-1);
  const all = listed("request");
  const reached = last === undefined ? [] : all.slice(0, all.indexOf(last) + 1);
  expect(requested, "request hooks").toEqual(reached.filter((step) => step.when === undefined || requested.includes(step)));
  const isEnded = all.slice(reached.length).some(({ when }) => when === undefined);
  if (isEnded) expect(last?.mayAnswer, `${last?.policy} ended the chain`).toBe(true);
  else if (explained.status !== undefined && last?.mayAnswer !== true) expect(status, "status").toBe(explained.status);

  // A condition that no request hook shows may have held or not.
  const held = (hook: Hook, step: StepIr): boolean =>
    step.when === undefined ||
    (step.hooks.includes("request") && hook !== "preflight" ? requested.includes(step) : ran(hook).includes(step));
  const expected = (hook: Hook): readonly StepIr[] => listed(hook).filter((step) => held(hook, step));
  expect(ran("preflight"), "preflight hooks").toEqual(expected("preflight"));
  expect(ran("response"), "response hooks").toEqual(expected("response").toReversed());
  expect(ran("done"), "done hooks").toEqual(expected("done").toReversed());
  // Whether the service's answer comes that far is decided on the way.
  for (const hook of ["answerHead", "answerStream", "answerBody"] as const) {
    const possible = answerSteps(explained.steps).filter(({ hooks }) => hooks.includes(hook));
    const steps = possible.map(({ step }) => step).filter((step) => ran(hook).includes(step));
    expect(ran(hook), `${hook} hooks`).toEqual(steps);
  }
  expect(ran("upstreamRequest"), "upstreamRequest hooks").toEqual(trace.service === undefined ? [] : expected("upstreamRequest"));
}

/** The service got one of the targets that `explain` lists for it. */
function compareTarget(
  { upstream, rewrites }: ExplainedRequest,
  { service }: Trace,
  target: string,
  environment: Readonly<Record<string, string>>,
): void {
  const possible = upstream.filter((one) => one.service === service);
  expect(possible, `endpoints of ${service}`).not.toEqual([]);
  // What a condition decides, and another query, are listed beside the URL.
  if (rewrites.some(({ step, query }) => step.when !== undefined || query)) return;
  const targets = possible.map(({ url }) =>
    url.replaceAll(/\$\{env:(\w+)(?::-([^}]*))?\}/g, (_, name: string, standsIn = "") => environment[name] || standsIn),
  );
  expect(
    targets.map((url) => url.replace(/^https?:\/\/[^/]+/, "")),
    "targets",
  ).toContain(target);
}

test.each(projects)("$name: what `explain` says is what runs", async (project) => {
  const { ir } = await checkGateway(project.entry);
  await expectExplained(ir!, project.folder, 25);
});

test("generated gateways: what `explain` says is what runs", { timeout: 60_000 * effort }, async () => {
  const statuses = new Map<number, number>();
  let tried = 0;
  for (const files of fc.sample(gateways(), { numRuns: 160 * effort, seed: seed + 1 })) {
    if (tried === 8 * effort) break;
    await withProject(files, async (project) => {
      const { ir } = await checkGateway(project.entry);
      if (ir === undefined) return;
      tried++;
      await expectExplained(ir, project.folder, 60, statuses);
    });
  }
  for (const status of [200, 400, 401, 404, 405, 417, 431])
    expect(statuses.get(status) ?? 0, `answers ${status}`).toBeGreaterThan(0);
});

test.each<[wrong: string, change: (ir: GatewayIr) => GatewayIr]>([
  ["the steps of requests without an operation", (ir) => ({ ...ir, unmatched: ir.unmatched.slice(1) })],
  [
    "one step of an operation",
    (ir) => ({
      ...ir,
      operations: ir.operations.map((one) => ({ ...one, steps: one.steps.filter(({ policy }) => policy !== "rateLimit") })),
    }),
  ],
  [
    "the service of an operation",
    (ir) => ({
      ...ir,
      operations: ir.operations.map((one) =>
        one.forward.kind === "forward" ? { ...one, forward: { ...one.forward, service: "legacy" } } : one,
      ),
    }),
  ],
])("an explanation that is wrong about %s is found", async (_, change) => {
  const shop = projects.find(({ name }) => name === "examples/shop")!;
  const { ir } = await checkGateway(shop.entry);
  await expect(expectExplained(ir!, shop.folder, 60, undefined, change(ir!))).rejects.toThrow(/Property failed/);
});
