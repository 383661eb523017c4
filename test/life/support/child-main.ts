import type { AdminRoute } from "../../../runtime/admin/route.ts";
import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { send } from "../../../runtime/http/send.ts";
import type { Life } from "../../../runtime/life/life.ts";
import type { Living } from "../../../runtime/life/living.ts";
import { createWorkerSums } from "../../../runtime/metrics/worker-sums.ts";
import { beginStart } from "../../../runtime/process/environment.ts";
import { run } from "../../../runtime/process/run.ts";
import { gateway, operation } from "../../runtime/support/gateway.ts";

/** A gateway in which toys live. What a test wants to know of a process, it asks it by requests. */
beginStart({ name: "test", builtBy: "0.0.0" });

const { TEST_BUILD = "one", TEST_FAIL = "", TEST_LIVING = "yes" } = process.env;

let counted = 0;
/** Counts for the group, in the process that outlives those that serve. */
const counter: Living = {
  name: "counter",
  required: true,
  hold: (hub) => {
    const byProcess = new Map<number, number>();
    hub.answer("count", (question, from) => {
      byProcess.set(from, (byProcess.get(from) ?? 0) + 1);
      return question === "look" ? counted : ++counted;
    });
    hub.left((from) => void byProcess.delete(from));
  },
};

/** Lists that this process fetches for all. */
const owns = new Set<string>();

/** Fetches a list, in one process for all: here it counts how often, and says who did. */
const lists: Living[] = ["a", "b", "c"].map((name) => ({
  name: `lists.${name}`,
  required: true,
  start: async ({ latest, signal }: Life) => {
    // Whoever serves has a list.
    await new Promise<void>((resolve) => {
      const list = latest<string>(`list ${name}`);
      list.subscribe(() => resolve());
      signal.addEventListener("abort", () => resolve());
    });
  },
  own: (tenure: Life) => {
    owns.add(name);
    tenure.signal.addEventListener("abort", () => owns.delete(name));
    const list = tenure.latest<string>(`list ${name}`);
    tenure.every(50, () => list.publish(`${process.pid}`));
  },
}));

let life: Life | undefined;
const missed: number[] = [];
const events: string[] = [];
let adopted = "";
let seenBeforeReady = "";
const toy: Living = {
  name: "toy",
  required: true,
  schema: "toy 1",
  start: (given) => {
    life = given;
    if (TEST_FAIL === "never") {
      process.stderr.write("the toy begins to start\n");
      return new Promise<void>(() => {});
    }
    if (TEST_FAIL === "start") throw new Error("its registry cannot be reached");
    seenBeforeReady = String(given.latest("shared").value ?? "");
    given.events<string>("purge").subscribe(
      (event) => void events.push(event),
      (count) => void missed.push(count),
    );
    // Must not take the process along.
    given.every(20, () => {
      throw new Error("background work of a toy");
    });
    return undefined;
  },
  readiness: () => (stuck ? { ready: false, why: "it was told to be stuck" } : { ready: true }),
  state: () => ({ build: TEST_BUILD, pid: process.pid }),
  metrics: () => [{ name: "toy_alive", help: "Toys", type: "gauge", samples: [{ labels: "", value: 1 }] }],
  handOver: () => `from ${process.pid}`,
  adopt: (state) => void (adopted = String(state)),
};
let stuck = false;

const describe = (operationId: string): AdminRoute["describe"] => ({
  operationId,
  summary: "Of a toy",
  responses: { 200: { description: "As of now." } },
});
const adminRoutes: readonly AdminRoute[] = [
  {
    method: "GET",
    path: "/toys",
    from: "all",
    describe: describe("getToys"),
    answer: () => ({ status: 200, json: process.pid }),
  },
  { method: "GET", path: "/toy", from: "one", describe: describe("getToy"), answer: () => ({ status: 200, json: process.pid }) },
  {
    method: "GET",
    path: "/count",
    from: "holder",
    describe: describe("getCount"),
    answer: () => ({ status: 200, json: counted }),
  },
];

/** What a request asks of the process that has it; the query is an argument. */
async function asked(path: string, argument: string): Promise<unknown> {
  if (life === undefined) return "not alive";
  if (path === "/pid") return process.pid;
  if (path === "/count") return life.ask("count", argument).catch((error: Error) => error.name);
  if (path === "/nobody") return life.ask("nobody", 1).catch((error: Error) => error.name);
  if (path === "/publish") return life.latest<string>("shared").publish(argument);
  if (path === "/large") return life.latest<string>(`large ${argument}`).publish("x".repeat(1_048_576));
  if (path === "/larges")
    return [...Array(100).keys()].filter((index) => life!.latest<string>(`large ${index}`).value?.length === 1_048_576).length;
  if (path === "/event") return life.events<string>("purge").publish(argument);
  if (path === "/stick") return (stuck = true);
  if (path === "/seen")
    return {
      pid: process.pid,
      shared: life.latest("shared").value,
      seenBeforeReady,
      events,
      missed,
      adopted,
      group: life.group,
      build: TEST_BUILD,
      owns: [...owns].sort(),
      lists: ["a", "b", "c"].map((name) => life!.latest<string>(`list ${name}`).value),
    };
  if (path === "/hang") for (;;);
  return "?";
}

function request(x: Exchange): void {
  void asked(x.path, x.query).then((answer) => {
    x.answer = { status: 200, headers: new HeaderList(), body: JSON.stringify(answer ?? null), source: "test" };
    send(x);
  });
}

const built = gateway(operation({ request }), {
  metrics: { sums: createWorkerSums, collect: () => [] },
  ...(TEST_LIVING === "yes" ? { living: [counter, ...lists, toy], adminRoutes } : {}),
});
void run({
  ...built,
  listeners: { ...built.listeners, public: { ...built.listeners.public, port: Number(process.env.TEST_PORT ?? 0) } },
});
