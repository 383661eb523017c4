import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GatewayIr } from "../../compiler/ir/gateway.ts";
import type { Hook, StepIr } from "../../compiler/ir/step.ts";
import { plan } from "../../compiler/phases/4-plan/index.ts";
import type { OperationPlan } from "../../compiler/phases/4-plan/plan.ts";
import { emit, type Modules } from "../../compiler/phases/5-emit/index.ts";
import { createBundler } from "../../compiler/phases/6-bundle/index.ts";

/** The field by which a test knows its request again. */
export const traceField = "X-Trace-Number";

/** What ran for one request. */
export interface Trace {
  readonly number: string;
  readonly operation: string;
  /** Service that the request was sent to; undefined where it was not. */
  readonly service: string | undefined;
  readonly events: readonly { readonly step: StepIr; readonly hook: Hook }[];
}

interface Sent {
  readonly number: string;
  readonly operation: string;
  readonly service: string | undefined;
  readonly events: readonly (readonly [constant: string, hook: Hook])[];
}

/** Each call of a hook in the emitted chains says so before it is made. */
function instrumented(modules: Modules, chains: readonly string[]): Modules {
  const call =
    /\b([\w$]+)\.(request|preflight|upstreamRequest|answerHead|answerStream|answerBody|response|done)\((x(?:, (?:upstream|back\.body\(\d+\)))?)\)/g;
  const changed = [...modules].map(([path, module]) => {
    const text = chains.includes(path)
      ? module.text.replace(call, 'traced($1, "$1", "$2", x).$2($3)').replace(/\bown: \{ (.*) \},$/gm, withNames)
      : module.text;
    return [path, path === "main.js" ? { ...module, text: main } : { ...module, text }] as const;
  });
  return new Map(changed);
}

/** Beside the instances that shared functions take from an operation: what the plan calls them. */
const withNames = (own: string, list: string): string =>
  `${own} ownNames: { ${list
    .split(", ")
    .map((one) => `${one.split(": ", 1)[0]}: "${one.split(": ").at(-1)}"`)
    .join(", ")} },`;

/** Serves the gateway in one process, and tells its parent of every exchange that ended. */
const main = `import "./environment.js";
import { gateway } from "./gateway.js";
import { serve } from "gatewright/runtime/process/serve";
// By the head of the request: what a cache asks the service for a client is another exchange.
const events = new WeakMap();
const own = new Set([...gateway.operations, gateway.unmatched].map(({ upstreamRequest }) => upstreamRequest));
globalThis.traced = (instance, name, hook, x) => {
  // A copy of mirror changes what it sends once more.
  if (!own.has(x.operation.upstreamRequest)) return instance;
  if (!events.has(x.head)) events.set(x.head, []);
  events.get(x.head).push([x.operation.ownNames?.[name] ?? name, hook]);
  return instance;
};
for (const operation of [...gateway.operations, gateway.unmatched]) {
  const { done } = operation;
  operation.done = (x) => {
    if (done !== null) done(x);
    process.send({ number: x.headers.get("${traceField.toLowerCase()}") ?? "", operation: operation.id, service: x.upstream?.service, events: events.get(x.head) ?? [] });
    events.delete(x.head);
  };
}
process.send(await serve(gateway, { port: 0, adminPort: 0, drainTimeout: 0 }).then(({ port }) => port));
`;

/** Nobody waits for the port of one that did not start. */
async function ended(child: ChildProcess): Promise<never> {
  const [code] = await once(child, "exit");
  throw new Error(`the traced gateway ended with ${code} before it served`);
}

/** A compiled gateway that says which steps run, in which order. */
export class TracedGateway {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #plans: ReadonlyMap<string, OperationPlan>;
  readonly #traces = new Map<string, Trace>();
  #arrived: () => void = () => {};

  private constructor(child: ChildProcess, port: number, folder: string, plans: ReadonlyMap<string, OperationPlan>) {
    this.#child = child;
    this.port = port;
    this.#folder = folder;
    this.#plans = plans;
    child.on("message", (sent: Sent) => {
      this.#traces.set(sent.number, this.#read(sent));
      this.#arrived();
    });
  }

  static async start(ir: GatewayIr, folder: string, environment: Readonly<Record<string, string>>): Promise<TracedGateway> {
    const planned = plan(ir);
    const chains = [...planned.modules, planned.unmatched];
    const bundler = await createBundler({ minify: false });
    const out = mkdtempSync(join(tmpdir(), "gatewright-traced-"));
    const file = join(out, "gateway.mjs");
    try {
      const { code } = await bundler.bundle(
        instrumented(
          emit(planned, ir),
          chains.map(({ path }) => path),
        ),
      );
      writeFileSync(file, code);
    } finally {
      await bundler.dispose();
    }
    const child = fork(file, {
      cwd: folder,
      env: { ...process.env, ...environment, FOLDER: folder },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const [port] = (await Promise.race([once(child, "message"), ended(child)])) as [number];
    const plans = chains.flatMap(({ operations }) => operations).map((one) => [one.operation?.id ?? "unmatched", one] as const);
    return new TracedGateway(child, port, out, new Map(plans));
  }

  /** The trace of a request that became an exchange; waits for its end. */
  async trace(number: string): Promise<Trace> {
    while (!this.#traces.has(number)) await new Promise<void>((resolve) => (this.#arrived = resolve));
    return this.#traces.get(number)!;
  }

  has = (number: string): boolean => this.#traces.has(number);

  async stop(): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Constants stand for the steps of the operation that call them, in the order of its chain. */
  #read({ events, ...sent }: Sent): Trace {
    const { calls } = this.#plans.get(sent.operation)!;
    return {
      ...sent,
      events: events.map(([name, hook]) => {
        const own = calls.filter(({ constant }) => constant.name === name);
        if (own.length !== 1) throw new Error(`${own.length} steps of ${sent.operation} are called ${name}`);
        return { step: own[0]!.step, hook };
      }),
    };
  }
}
