import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { buildGateway } from "../../compiler/index.ts";
import type { GatewayIr, OperationIr } from "../../compiler/ir/gateway.ts";
import { type Disk, load, memoryDisk, nodeDisk } from "../../compiler/phases/1-load/index.ts";
import { type Received, sendRequest } from "../harness/http-client.ts";
import { type RecordingUpstream, startUpstream } from "../harness/recording-upstream.ts";
import { startGateway } from "../harness/running-gateway.ts";
import { CompetingRoutes } from "../harness/values/competing-routes.ts";
import { loweredRequest } from "../harness/values/lowered-request.ts";
import { GiveUp } from "../harness/values/merged.ts";
import { Oracle } from "../harness/values/oracle.ts";
import { Random } from "../harness/values/random.ts";
import { type Expected, type PlannedRequest, RequestPlan } from "../harness/values/request-plan.ts";
import { buildableOverlay, disputedPaths, openedFiles } from "./buildable.ts";
import { corpus, gatewayFiles, specs } from "./corpus.ts";

const perSpec = Number(process.env.CORPUS_OPERATIONS ?? 12);

const total = { specs: 0, operations: 0, valid: 0, invalid: 0, givenUp: [] as string[], keywords: new Map<string, number>() };

const sampled = specs.filter(({ operations }) => operations > 0);

describe("every document of the corpus builds without its security and paths in dispute, and answers generated requests", () => {
  it.skipIf(specs.length > 0)("(skipped: the shared corpus is not here)", () => {});

  it.skipIf(sampled.length === 0).each(sampled)("$file", { timeout: 300_000 }, async ({ file }) => {
    const upstream = await startUpstream();
    const out = mkdtempSync(join(tmpdir(), "gatewright-requests-"));
    try {
      const ir = await build(file, upstream.url, out);
      const gateway = await startGateway(out, {});
      try {
        total.specs++;
        expect(await failures(file, ir, gateway.port, upstream)).toEqual([]);
      } finally {
        await gateway.stop();
      }
    } finally {
      await upstream.close();
      rmSync(out, { recursive: true, force: true });
    }
  });

  afterAll(() => {
    if (total.specs === 0) return;
    const keywords = [...total.keywords].sort(([, a], [, b]) => b - a).map(([keyword, count]) => `${keyword} ${count}`);
    console.log(
      [
        `${total.specs} specs, ${total.operations} operations, ${total.valid} valid and ${total.invalid} invalid requests`,
        `violations: ${keywords.join(", ")}`,
        `given up: ${total.givenUp.length}`,
        ...total.givenUp.slice(0, 40).map((line) => `  ${line}`),
      ].join("\n"),
    );
  });
});

/** Without security requirements and without paths in dispute; other errors than those fail. */
async function build(file: string, origin: string, out: string): Promise<GatewayIr> {
  const disk = (overlay?: string, others?: ReadonlyMap<string, string>): Disk => {
    const files = [...gatewayFiles(file, overlay, others)];
    return memoryDisk(new Map(files.map(([path, text]) => [path, text.replace("http://127.0.0.1:9001", origin)])), nodeDisk);
  };
  const sources = await load(`${corpus}/gateway.yaml`, new DiagnosticSink(), disk());
  const others = openedFiles(sources!);
  let disputed = new Set<string>();
  for (;;) {
    const built = await buildGateway(`${corpus}/gateway.yaml`, out, {
      disk: disk(buildableOverlay(sources!, disputed), others),
    });
    if (built.result !== undefined) return built.ir!;
    const found = disputedPaths(built);
    if (found.size === 0 || disputed.size > 0)
      throw new Error(
        built.diagnostics
          .filter(({ severity }) => severity === "error")
          .map(({ code, message }) => `${code}: ${message}`)
          .join("\n"),
      );
    disputed = found;
  }
}

async function failures(file: string, ir: GatewayIr, port: number, upstream: RecordingUpstream): Promise<string[]> {
  const found: string[] = [];
  const oracle = new Oracle(ir.schemas);
  const routes = new CompetingRoutes(ir.operations);
  const usable = ir.operations.filter(({ match }) => !["HEAD", "TRACE", "CONNECT"].includes(match.method));
  for (const operation of new Random(file).shuffled(usable).slice(0, perSpec)) {
    const where = `${file} ${operation.operationId} (${operation.match.method} ${operation.match.path.template})`;
    const plan = new RequestPlan(loweredRequest(operation), oracle, where);
    const send = (request: PlannedRequest): Promise<Received> =>
      sendRequest(port, {
        method: operation.match.method,
        target: request.target,
        headers: request.headers.map(([name, value]) => [name, value]),
        body: request.body,
      });
    const fail = (what: string, request: PlannedRequest, answer: Received): void =>
      void found.push(
        `${where}\n  ${what}\n  ${operation.match.method} ${request.target} ${JSON.stringify(request.headers)}\n  ${request.body.slice(0, 600)}\n  -> ${answer.status} ${answer.body.slice(0, 900)}`,
      );
    try {
      // Ahead of everything that is sent, so that what is given up is given up whole.
      const [least, most] = [0, 0.7].map((optional) => routable(() => plan.draft(optional), plan, operation, routes));
      total.operations++;
      for (const draft of [least!, most!]) {
        const request = plan.request(draft);
        const answer = await send(request);
        const seen = upstream.take();
        total.valid++;
        if (answer.status !== 200 || seen.length !== 1 || seen[0]!.body !== request.body)
          fail("valid, must reach the service", request, answer);
      }
      for (const { what, request, expected } of plan.invalid(most!)) {
        if (routes.of(operation, request.target).length > 0) continue;
        const answer = await send(request);
        const seen = upstream.take();
        total.invalid++;
        const keyword = expected.violation?.keyword ?? expected.slug;
        total.keywords.set(keyword, (total.keywords.get(keyword) ?? 0) + 1);
        if (seen.length > 0 || !isAsExpected(answer, expected))
          fail(`${what}, must be refused with ${JSON.stringify(expected)}`, request, answer);
      }
    } catch (error) {
      if (!(error instanceof GiveUp)) throw new Error(where, { cause: error });
      total.givenUp.push(`${where}: ${error.message}`);
    }
    total.givenUp.push(...new Set(plan.givenUp.map((reason) => `${where}: left out ${reason}`)));
  }
  return found;
}

/** With a path that is no other operation's. */
function routable(
  draft: () => ReturnType<RequestPlan["draft"]>,
  plan: RequestPlan,
  operation: OperationIr,
  routes: CompetingRoutes,
): ReturnType<RequestPlan["draft"]> {
  for (let round = 0; round < 6; round++) {
    const drafted = draft();
    if (routes.of(operation, plan.request(drafted).target).length === 0) return drafted;
  }
  throw new GiveUp("its paths are another operation's as well");
}

interface Problem {
  readonly type?: string;
  readonly violations?: readonly {
    readonly in: string;
    readonly name?: string;
    readonly pointer: string;
    readonly keyword: string;
  }[];
}

function isAsExpected({ status, body }: Received, { status: expectedStatus, slug, violation: expected }: Expected): boolean {
  if (status !== expectedStatus) return false;
  const { type = "", violations = [] } = JSON.parse(body) as Problem;
  if (!type.endsWith(`:${slug}`)) return false;
  if (expected === undefined) return true;
  const { choices } = expected;
  const isInPlace =
    violations.length > 0 && violations.every((violation) => violation.in === expected.in && violation.name === expected.name);
  if (!isInPlace) return false;
  const isSaid = violations.some(({ pointer, keyword }) => pointer === expected.pointer && keyword === expected.keyword);
  const isBelowChoice = (pointer: string): boolean =>
    choices.some((choice) => pointer === choice || pointer.startsWith(`${choice}/`));
  return choices.length > 0
    ? isSaid || violations.every(({ pointer }) => isBelowChoice(pointer))
    : isSaid && violations.every(({ pointer }) => pointer === expected.pointer);
}
