import { expect, it } from "vitest";
import { checkGateway, type GatewayIr } from "../../../compiler/index.ts";
import type { StepIr } from "../../../compiler/ir/step.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { plan } from "../../../compiler/phases/4-plan/index.ts";
import { emit } from "../../../compiler/phases/5-emit/index.ts";

const gateway = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { shop: { endpoints: [http://127.0.0.1:9001] } }
policies: { public: test }
routes:
  plain: { match: { path: /plain }, service: shop }
  looked:
    match: { path: /looked }
    service: shop
    policies:
      rateLimit: { limit: 9/m, cost: { after: response.body.rows } }
      authorize: { when: "request.path != '/'", answer: { require: response.body.rows < 9 } }
`;

const checked = async (): Promise<GatewayIr> => {
  const { ir, diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(new Map([["gateway.yaml", gateway]])) });
  expect(diagnostics).toEqual([]);
  return ir!;
};

const emitted = (ir: GatewayIr): ((name: string) => string) => {
  const text = [...emit(plan(ir), ir).values()].map((module) => module.text).join("\n");
  return (name) => text.slice(text.indexOf(`export const ${name} = {`)).split("\n};", 1)[0]!;
};

/** The same with another answer on one step. */
const changed = (ir: GatewayIr, policy: string, change: Partial<StepIr>): GatewayIr => ({
  ...ir,
  operations: ir.operations.map((operation) => ({
    ...operation,
    steps: operation.steps.map((step) => (step.policy === policy ? { ...step, ...change } : step)),
  })),
});

const hook = (operation: string, name: string): string | undefined =>
  new RegExp(`\\n  (?:async )?${name}\\(x, back\\) \\{\\n([^]*?)\\n  \\},`).exec(operation)?.[0];

it("steps are asked in the order of their places on the way back, whatever their order for requests", async () => {
  const looked = emitted(await checked())("looked");
  const head = hook(looked, "answerHead")!;
  expect(looked.indexOf("Authorize.request") >= 0 ? looked.indexOf("Authorize.request") : 0).toBeLessThan(
    looked.indexOf("RateLimit.request"),
  );
  expect(head).toMatch(
    /back\.asked\(0, \w*RateLimit\.answerHead\(x\)\)\) return true;\n.*back\.asked\(1, \w*Authorize\.answerHead\(x\)\)\) return true;\n {4}return false;/,
  );
  expect(head).toContain("if ((x.conditions & 1) !== 0 && back.asked(1, ");
  expect(hook(looked, "answerStream")).toMatch(/back\.through\(0, \w*RateLimit\.answerStream\(x\)\);/);
  expect(hook(looked, "answerBody")).toMatch(
    /if \(back\.wants\(1\) && back\.judged\(1, \w*Authorize\.answerBody\(x, back\.body\(1\)\)\)\) return true;/,
  );
  expect(looked).toMatch(/openWayBack\(x, true\);\n {4}forward\(/);
});

it("an operation without such steps opens nothing and has no hook", async () => {
  expect(emitted(await checked())("plain")).not.toMatch(/answer(?:Head|Stream|Body)|openWayBack/);
});

it("a step that waits is waited for, and a place decides before the chain does", async () => {
  const ir = await checked();
  const { answer, hooks } = ir.operations.flatMap(({ steps }) => steps).find(({ policy }) => policy === "authorize")!;
  const storing = changed(ir, "authorize", {
    answer: { ...answer!, place: "unpack", async: true },
    hooks: [...hooks, "answerStream"],
  });
  const looked = emitted(storing)("looked");
  expect(hook(looked, "answerHead")).toMatch(
    /^\n {2}async answerHead[^]*back\.asked\(0, await \w*Authorize[^]*back\.asked\(1, \w*RateLimit/,
  );
  expect(hook(looked, "answerStream")).toMatch(
    /if \(\(x\.conditions & 1\) !== 0\) back\.through\(0, \w*Authorize[^]*back\.through\(1, \w*RateLimit/,
  );
  expect(hook(looked, "answerBody")).not.toContain("async");
});

it("interim answers pass where nobody has to judge first", async () => {
  const ir = await checked();
  const { answer } = ir.operations.flatMap(({ steps }) => steps).find(({ policy }) => policy === "authorize")!;
  const { silent: _, ...others } = answer!;
  expect(emitted(changed(ir, "authorize", { answer: others }))("looked")).toContain("openWayBack(x);");
});
