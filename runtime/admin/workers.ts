import type { WorkerItem, WorkerSums } from "../gateway/metrics.ts";
import type { Json } from "../life/json.ts";
import type { Readiness } from "../life/living.ts";
import type { ThingReport } from "../life/thing-report.ts";
import type { MetricsQuestion, RouteQuestion } from "./answers.ts";
import { type AdminRefusal, problemAnswer } from "./problem.ts";
import type { AdminAnswer, AdminRequest, AdminRoute } from "./route.ts";

/** The processes that serve, asked from the one that answers for them. */
export interface Workers {
  /**
   * Each of them, or one. What did not come within the deadline is missing. `came` is called for each answer when it comes,
   * ahead of whatever else the worker says behind it.
   */
  ask(topic: string, question: Question, of: "all" | "one", came?: WorkerAnswered): Promise<WorkerAnswers>;
}

/** What each of them is asked. */
export type Question = (worker: object) => unknown;

export type WorkerAnswered = (from: object, body: unknown) => void;

export interface WorkerAnswers {
  readonly answers: readonly { readonly from: object; readonly body: unknown }[];
  readonly missing: number;
}

/** Metrics of all, added up; of one that cannot say now, the last report counts, with what has come of the next. */
export async function metricsOfWorkers(workers: Workers, sums: WorkerSums): Promise<void> {
  const since = sums.now();
  // At once: behind the answer of another one, this one may have said its last, or be gone.
  const question = (worker: object): MetricsQuestion => ({
    builds: sums.builds,
    layout: sums.layout,
    latest: sums.latest(worker),
  });
  const { answers } = await workers.ask("metrics", question, "all", (from, body) => {
    // What a worker answers to `metrics` are pages of what it collects.
    if (Array.isArray(body)) sums.report(from, body as readonly WorkerItem[]);
  });
  for (const { from } of answers) sums.complete(from, since);
}

const noAnswer: AdminRefusal = {
  status: 503,
  title: "No worker answered",
  detail: "They are starting, hang, or run a build that does not have this. Ask again in a moment.",
};

/** The answer of one worker, or of all that answered, put together. */
export async function routeOfWorkers(workers: Workers, route: AdminRoute, request: AdminRequest): Promise<AdminAnswer> {
  const question: RouteQuestion = { operation: route.describe.operationId, request };
  const { answers, missing } = await workers.ask("route", () => question, route.from === "one" ? "one" : "all");
  // One of another build may not have the route.
  const came = answers.flatMap(({ body }) => (isAnswer(body) ? [body] : []));
  if (came[0] === undefined) return problemAnswer(noAnswer);
  if (route.from === "one") return came[0];
  const asked = answers.length + missing;
  const merged = route.merge?.(came);
  if (merged === undefined) {
    const status = Math.max(...came.map((answer) => answer.status));
    return { status, json: { answered: came.length, asked, answers: came.map(contentOf) } };
  }
  return "json" in merged && isObject(merged.json)
    ? { ...merged, json: { ...merged.json, answered: came.length, asked } }
    : merged;
}

const contentOf = (answer: AdminAnswer): Json => ("json" in answer ? answer.json : answer.text);

const isAnswer = (body: unknown): body is AdminAnswer => typeof body === "object" && body !== null && "status" in body;

const isObject = (json: Json): json is { readonly [key: string]: Json } =>
  typeof json === "object" && json !== null && !Array.isArray(json);

const nobody: ThingReport = { name: "workers", required: true, readiness: { ready: false, why: "none of them answered" } };

/** Each thing once: as unready as in the process where it is least ready, with the state of the one that does its work. */
export async function thingsOfWorkers(workers: Workers): Promise<readonly ThingReport[]> {
  const { answers } = await workers.ask("things", () => null, "all");
  const reports = answers.flatMap(({ body }) => (Array.isArray(body) ? [body as readonly ThingReport[]] : []));
  // Nobody can say that requests are answered.
  if (reports.length === 0) return [nobody];
  const byName = new Map<string, ThingReport[]>();
  for (const report of reports.flat()) {
    const known = byName.get(report.name);
    if (known === undefined) byName.set(report.name, [report]);
    else known.push(report);
  }
  return [...byName.values()].map((same) => together(same, reports.length));
}

function together(same: readonly ThingReport[], processes: number): ThingReport {
  const speaker = same.find(({ isOwner }) => isOwner === true) ?? same[0]!;
  return { ...speaker, readiness: leastReady(same, processes) };
}

function leastReady(same: readonly ThingReport[], processes: number): Readiness {
  const unready = same.flatMap(({ readiness }) => (readiness.ready ? [] : [readiness.why]));
  if (unready[0] === undefined) return { ready: true };
  const where = unready.length === processes ? "" : ` (${unready.length} of ${processes} workers)`;
  return { ready: false, why: `${unready[0]}${where}` };
}
