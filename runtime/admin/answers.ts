import type { Gateway } from "../gateway/gateway.ts";
import type { MetricFamily } from "../gateway/metrics.ts";
import type { Household } from "../life/household.ts";
import type { AdminRequest } from "./route.ts";

/** What the process has that is asked. */
export interface Answering {
  readonly gateway: Gateway;
  readonly household: Household | undefined;
  collect(): Iterable<MetricFamily>;
}

/** What a worker is asked, by its topic, for the admin listener of its primary. */
export type Answers = (topic: string, question: unknown) => unknown;

/** A route is asked by its operation; the primary has validated the request. */
export interface RouteQuestion {
  readonly operation: string;
  readonly request: AdminRequest;
}

/** An answer that comes in several messages, with time for requests between them. */
export interface AnswerInParts {
  readonly parts: Iterable<unknown>;
}

/** Of a process that serves. A promise, or an answer at once; undefined to what this build does not know. */
export function createAnswers({ gateway, household, collect }: Answering): Answers {
  const route = ({ operation, request }: RouteQuestion): unknown =>
    gateway.adminRoutes?.find(({ describe }) => describe.operationId === operation)?.answer(request, gateway);
  return (topic, question) => {
    if (topic === "metrics") return { parts: pagesOf(collect()) } satisfies AnswerInParts;
    if (topic === "things") return household?.report() ?? [];
    // What is asked as `route` is a question about one.
    if (topic === "route") return route(question as RouteQuestion);
    return undefined;
  };
}

/** Samples in one message; a histogram has many numbers. */
const samplesInPage = 200;
const samplesOfHistogram = 8;

/** Families, so many at a time that nobody waits long for the message that they make. */
function* pagesOf(families: Iterable<MetricFamily>): Generator<readonly MetricFamily[]> {
  let page: MetricFamily[] = [];
  let samples = 0;
  for (const family of families) {
    page.push(family);
    samples += family.samples.length + (family.histograms?.length ?? 0) * samplesOfHistogram;
    if (samples < samplesInPage) continue;
    yield page;
    page = [];
    samples = 0;
  }
  if (page.length > 0) yield page;
}
