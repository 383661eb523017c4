import { describe, expect, it } from "vitest";
import type { ExpressionIr } from "../../../compiler/expressions/index.ts";
import type { ConfigIr } from "../../../compiler/ir/config.ts";
import type { OperationIr } from "../../../compiler/ir/gateway.ts";
import type { StepIr } from "../../../compiler/ir/step.ts";
import { type Hook, hooks } from "../../../compiler/ir/step.ts";
import { plan } from "../../../compiler/phases/4-plan/index.ts";
import { emit } from "../../../compiler/phases/5-emit/index.ts";
import type { Exchange, UpstreamRequest } from "../../../runtime/exchange/exchange.ts";
import { evaluate } from "./evaluate.ts";
import { at, gatewayIr, listener, operation, scheme, service, step } from "./sample-ir.ts";

const policy = (name: string, config: { readonly [key: string]: ConfigIr }, facts: Partial<StepIr> = {}): StepIr =>
  step(name, "policies/any", "createPolicy", { name, ...config }, { mayAnswer: true, ...facts });

const constant = (value: boolean): ExpressionIr => ({
  kind: "expression",
  text: String(value),
  type: { kind: "bool" },
  root: { kind: "constant", value, type: { kind: "bool" }, at: { start: 0, end: 0 } },
  reads: { headers: [], query: [], params: [], body: false, identity: false, peer: false, now: false, variables: [] },
});

/** The chain is emitted code over recording policies: nothing reads the exchange. */
const exchange = {} as Exchange;
const upstream = {} as UpstreamRequest;

async function logOf(steps: readonly StepIr[], facts: Partial<OperationIr> = {}, unmatched: readonly StepIr[] = []) {
  const ir = gatewayIr({
    services: [service("orders", "http://a")],
    operations: [operation("GET", "/a", "a", { steps, ...facts })],
    unmatched,
  });
  const { gateway, log } = await evaluate(ir);
  log.length = 0;
  return { operation: gateway.operations[0]!, gateway, log };
}

const forwarded = 'forward to orders {"strip":0,"prepend":"","responseTimeout":0,"idleTimeout":300000}';

describe("emitted chains", () => {
  it("run request hooks in order and forward, without a promise where nothing is asynchronous", async () => {
    const { operation: emitted, log } = await logOf([policy("one", {}, { mayAnswer: false }), policy("two", {})]);
    expect(emitted.request(exchange)).toBeUndefined();
    expect(log).toEqual(["one.request", "two.request", forwarded]);
  });

  it("ask the step that grants upgrades how to forward", async () => {
    const granting = policy("two", {}, { hooks: ["request", "done"], roles: ["upgrades"] });
    const { operation: emitted, log } = await logOf([policy("one", {}), granting]);
    await emitted.request(exchange);
    expect(log).toEqual(["one.request", "two.request", `${forwarded} as two grants`]);
  });

  it("stop at the step that answers", async () => {
    const { operation: emitted, log } = await logOf([policy("one", { answers: true }), policy("two", {})]);
    await emitted.request(exchange);
    expect(log).toEqual(["one.request", "send"]);
  });

  it("never look at the result of a step that may not answer", async () => {
    const { operation: emitted, log } = await logOf([policy("one", { answers: true }, { mayAnswer: false })]);
    await emitted.request(exchange);
    expect(log).toEqual(["one.request", forwarded]);
  });

  it("wait for asynchronous steps, also where they refuse", async () => {
    for (const [answers, end] of [
      [true, ["send"]],
      [false, ["two.request", forwarded]],
    ] as const) {
      const { operation: emitted, log } = await logOf([
        policy("one", { isAsync: true, answers }, { async: true }),
        policy("two", {}),
      ]);
      await emitted.request(exchange);
      expect(log).toEqual(["one.request", ...end]);
    }
  });

  it("wait only where a step that seldom is asynchronous says so", async () => {
    for (const isAsync of [false, true])
      for (const [answers, end] of [
        [true, ["send"]],
        [false, ["two.request", forwarded]],
      ] as const) {
        const { operation: emitted, log } = await logOf([
          policy("one", { isAsync, answers }, { async: "seldom" }),
          policy("two", {}),
        ]);
        const begun = emitted.request(exchange);
        // Without a promise all is done by now.
        expect(log).toEqual(isAsync ? [] : ["one.request", ...end]);
        await begun;
        expect(log).toEqual(["one.request", ...end]);
      }
  });

  it("go on after a step in report mode, and say what it would have answered", async () => {
    for (const isAsync of [false, true]) {
      const { operation: emitted, log } = await logOf([
        policy("one", { answers: true, isAsync }, { async: isAsync, mode: "report" }),
      ]);
      await emitted.request(exchange);
      expect(log).toEqual(["one.request", "report one", forwarded]);
    }
  });

  it("end in a terminal step whatever it returns", async () => {
    for (const [answers, isAsync] of [
      [true, false],
      [false, false],
      [true, true],
    ] as const) {
      const steps = [policy("one", {}), policy("respond", { answers, isAsync }, { async: isAsync }), policy("late", {})];
      const { operation: emitted, log } = await logOf(steps, { forward: { kind: "terminal", policy: "respond" } });
      await emitted.request(exchange);
      expect(log).toEqual(["one.request", "respond.request", "send"]);
      expect(emitted.service).toBe("");
    }
  });

  it("run the other hooks only where declared, response and done in reverse", async () => {
    const steps = [policy("one", {}, { hooks }), policy("two", {}, { hooks }), policy("three", {})];
    const { operation: emitted, log } = await logOf(steps);
    emitted.preflight!(exchange);
    emitted.upstreamRequest!(exchange, upstream);
    emitted.response!(exchange);
    emitted.done!(exchange);
    expect(log).toEqual([
      ...["one.preflight", "two.preflight"],
      ...["one.upstreamRequest", "two.upstreamRequest"],
      ...["two.response", "one.response"],
      ...["two.done", "one.done"],
    ]);
    const { operation: bare } = await logOf([]);
    expect([bare.preflight, bare.upstreamRequest, bare.response, bare.done]).toEqual([null, null, null, null]);
  });

  // A number of JavaScript has 32 bits for `|` and `&` (ECMAScript 2024, 6.1.6.1.17), and a chain any number of conditions.
  it.each([1, 30, 31, 32, 33, 61, 62, 63, 64, 65, 93, 94, 200])(
    "remember for the later hooks which of %i conditions held",
    async (count) => {
      const isHeld = (index: number): boolean => index % 3 !== 1;
      const steps = Array.from({ length: count }, (_, index) =>
        policy(String(index), index === 7 ? { slots: [{ kind: "slot" }, { kind: "slot" }] } : {}, {
          hooks: index % 2 === 0 ? ["request", "done"] : ["done"],
          when: constant(isHeld(index)),
        }),
      );
      const { operation: emitted, log } = await logOf(steps);
      const x = { conditions: 0, slots: ["of a policy", "of a policy"] } as unknown as Exchange;
      await emitted.request(x);
      emitted.done!(x);
      const held = steps.flatMap((_, index) => (isHeld(index) ? [index] : []));
      expect(log).toEqual([
        ...held.filter((index) => index % 2 === 0).map((index) => `${index}.request`),
        forwarded,
        ...held.toReversed().map((index) => `${index}.done`),
      ]);
      expect(x.slots.slice(0, count > 7 ? 2 : 0)).toEqual(count > 7 ? ["of a policy", "of a policy"] : []);
    },
  );

  it("have one for requests that match nothing", async () => {
    const { gateway, log } = await logOf([], {}, [policy("one", {}, { hooks: ["request", "response"] })]);
    await gateway.unmatched.request(exchange);
    gateway.unmatched.response!(exchange);
    expect(log).toEqual(["one.request", "notFound", "one.response"]);
    expect(gateway.unmatched.index).toBe(gateway.operations.length);
  });

  it("are printed once where operations share them, and do the same", async () => {
    const shared = [policy("one", { answers: true }, { hooks: ["request", "response"] })];
    const operations = ["a", "b", "c"].map((id) => operation("GET", `/${id}`, id, { steps: id === "c" ? [] : shared }));
    const { gateway, log } = await evaluate(gatewayIr({ services: [service("orders", "http://a")], operations }));
    log.length = 0;
    const [a, b, c] = gateway.operations;
    expect(a!.request).toBe(b!.request);
    expect(a!.response).toBe(b!.response);
    expect(c!.response).toBeNull();
    await b!.request(exchange);
    expect(log).toEqual(["one.request", "send"]);
  });

  it("are one function where many differ in their instances alone, which it takes from the operation", async () => {
    const all: Hook[] = ["request", "response", "done"];
    const common = policy("common", {}, { hooks: all });
    // The name of the operation is that of the policy, and a policy has two instances in each chain.
    const own = (id: string): StepIr[] =>
      ["first", "second"].map((one) =>
        policy(`${one} of ${id}`, { slot: { kind: "slot" } }, { policy: "limit", hooks: all, instance: id }),
      );
    const operations = Array.from({ length: 40 }, (_, index) => {
      const id = index === 0 ? "limit" : `op${index}`;
      return operation("GET", `/${id}`, id, { steps: [common, ...own(id)] });
    });
    const lonely = operation("GET", "/lonely", "lonely", { steps: own("lonely") });
    const ir = gatewayIr({ services: [service("orders", "http://a")], operations: [...operations, lonely] });
    const { gateway, log } = await evaluate(ir);
    log.length = 0;
    const alike = gateway.operations.slice(0, 40);
    expect(new Set(alike.map(({ request }) => request)).size).toBe(1);
    expect(new Set(alike.map(({ done }) => done)).size).toBe(1);
    for (const emitted of [alike[0]!, alike[39]!, gateway.operations[40]!]) {
      const x = { operation: emitted } as Exchange;
      await emitted.request(x);
      emitted.response!(x);
    }
    const ran = (id: string, others: string[]): string[] => {
      const chain = [...others, `first of ${id}`, `second of ${id}`];
      return [...chain.map((one) => `${one}.request`), forwarded, ...chain.reverse().map((one) => `${one}.response`)];
    };
    expect(log).toEqual([...ran("limit", ["common"]), ...ran("op39", ["common"]), ...ran("lonely", [])]);
  });

  it("stay apart where few differ in their instances: their own names are easier to read", async () => {
    const operations = (count: number): OperationIr[] =>
      Array.from({ length: count }, (_, index) =>
        operation("GET", `/${index}`, `op${index}`, {
          steps: [policy("limit", { slot: { kind: "slot" } }, { instance: `${index}` })],
        }),
      );
    const functionsOf = async (count: number): Promise<number> => {
      const { gateway } = await evaluate(gatewayIr({ services: [service("orders", "http://a")], operations: operations(count) }));
      return new Set(gateway.operations.map(({ request }) => request)).size;
    };
    expect(await functionsOf(31)).toBe(31);
    expect(await functionsOf(32)).toBe(1);
  });

  it("have one config for all instances that have the same", () => {
    const operations = Array.from({ length: 3 }, (_, index) =>
      operation("GET", `/${index}`, `op${index}`, {
        steps: [
          policy(
            "limit",
            { text: "long enough to be worth a constant of its own", slot: { kind: "slot" } },
            { instance: `${index}` },
          ),
        ],
      }),
    );
    const ir = gatewayIr({ services: [service("orders", "http://a")], operations });
    const text = emit(plan(ir), ir).get("operations/orders-v1.js")!.text;
    expect(text.match(/worth a constant/g)).toHaveLength(1);
    expect(text.match(/createPolicy\(limitConfig\)/g)).toHaveLength(3);
  });

  it("get the numbers of their slots, start values and schemes", async () => {
    const origin = at("gateway.yaml", 9);
    const config: { readonly [key: string]: ConfigIr } = {
      first: { kind: "slot" },
      key: { kind: "secret", from: { env: "KEY" }, origin },
      list: [{ kind: "resource", room: "identity", name: "partner-key" }, { kind: "slot" }],
    };
    const ir = gatewayIr({
      services: [service("orders", { kind: "setting", template: "http://${env:HOST}/", origin })],
      schemes: [{ ...scheme("partner-key", { name: "partner" }), factory: { module: "policies/any", name: "createPolicy" } }],
      listeners: {
        public: listener("public", {
          port: { kind: "setting", template: "${env:PORT}", as: "port", origin },
          trustedProxies: ["10.0.0.0/8"],
        }),
        admin: listener("admin", { host: "127.0.0.1", port: 9090, trustedProxies: [] }),
      },
      operations: [operation("GET", "/a", "a", { steps: [policy("one", config, { roles: ["metrics"] })] })],
    });
    const { gateway } = await evaluate(ir);
    expect(gateway.metrics).toMatchObject({
      config: { first: 0, key: { secret: { env: "KEY" }, at: "gateway.yaml:9" }, list: [{ config: { name: "partner" } }, 1] },
    });
    expect(gateway.services).toMatchObject([
      { name: "orders", endpoints: [{ url: { setting: "http://${env:HOST}/" }, weight: 1 }] },
    ]);
    expect(gateway.listeners).toEqual({
      public: {
        port: { port: { setting: "${env:PORT}", as: "port", at: "gateway.yaml:9" } },
        trustedProxies: ["10.0.0.0/8"],
      },
      admin: { host: "127.0.0.1", port: 9090, trustedProxies: [] },
    });
  });

  it("carry any text of specs and policy files as data", async () => {
    const hostile = [
      'a"; globalThis.pwned = 1; "',
      "*/ globalThis.pwned = 1; /*",
      "`${globalThis.pwned = 1}`",
      "\u2028globalThis.pwned = 1;\u2029",
      "\nglobalThis.pwned = 1;\n//",
      "\\",
      "</script>",
      "__proto__",
    ];
    const origin = (text: string) => at(`${text}.yaml`, 3);
    const operations = hostile.map((text, index) =>
      operation("GET", `/${index}`, text, {
        id: text,
        api: text,
        version: text,
        origin: origin(text),
        match: {
          method: "GET",
          path: { segments: [{ kind: "literal", text: String(index) }], template: text },
          hosts: [],
          headers: [{ name: "x", value: text }],
          query: [],
          origin: origin(text),
        },
        steps: [
          policy(text, { [text]: text, list: [text] }, { mode: "report", summary: text, instance: text, origin: origin(text) }),
        ],
        forward: {
          kind: "forward",
          service: text,
          strip: 0,
          prepend: text,
          responseTimeout: 0,
          idleTimeout: 300_000,
          options: [],
        },
      }),
    );
    const ir = gatewayIr({
      name: hostile.join(""),
      sources: hostile.map((file) => ({ file, sha256: "0" })),
      services: hostile.map((text) => ({ ...service(text, text), origin: origin(text) })),
      operations,
    });
    const { gateway, log } = await evaluate(ir);
    expect(gateway.name).toBe(hostile.join(""));
    expect(gateway.operations.map(({ id, api, version, template }) => [id, api, version, template])).toEqual(
      hostile.map((text) => [text, text, text, text]),
    );
    expect(gateway.services.map(({ name }) => name)).toEqual(hostile);
    log.length = 0;
    for (const emitted of gateway.operations) await emitted.request(exchange);
    expect(log).toEqual(
      hostile.flatMap((text) => [
        `${text}.request`,
        `forward to ${text} ${JSON.stringify({ strip: 0, prepend: text, responseTimeout: 0, idleTimeout: 300_000 })}`,
      ]),
    );
    expect("pwned" in globalThis).toBe(false);
  });
});

describe("emit", () => {
  it("is deterministic and names its sources, but no path of this machine", () => {
    const make = () => {
      const operations = [operation("GET", "/a", "a", { steps: [policy("one", {})] })];
      const ir = gatewayIr({ services: [service("orders", "http://a")], operations });
      return [...emit(plan(ir), ir).values()];
    };
    expect(make()).toEqual(make());
    for (const { text, map } of make()) expect(text + map).not.toContain(process.cwd());
  });

  it("tells where everything comes from", () => {
    const steps = [policy("rateLimit", {}, { summary: "20/m by identity.subject", origin: at("orders/v1/policies.yaml", 7) })];
    const ir = gatewayIr({
      services: [service("orders", "http://a")],
      operations: [operation("POST", "/v1/orders", "createOrder", { steps })],
    });
    const modules = emit(plan(ir), ir);
    expect(modules.get("operations/orders-v1.js")!.text).toContain(
      "/** orders/v1/policies.yaml:7 rateLimit: 20/m by identity.subject */\n",
    );
    expect(modules.get("operations/orders-v1.js")!.text).toContain(
      "/** POST /v1/orders (orders/v1/openapi.yaml:40 createOrder): rateLimit → orders */\n",
    );
    expect(modules.get("services.js")!.text).toContain("/** gateway.yaml:29 services.orders */\n");
  });
});
