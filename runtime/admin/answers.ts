import type { Gateway } from "../gateway/gateway.ts";
import type { MetricsItem } from "../gateway/metrics.ts";
import type { Household } from "../life/household.ts";
import { inSlices } from "../life/in-slices.ts";
import type { AdminRequest } from "./route.ts";

/** What the process has that is asked. */
export interface Answering {
  readonly gateway: Gateway;
  readonly household: Household | undefined;
  collect(): Iterable<MetricsItem>;
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
  sendParts(send: (part: unknown) => void): Promise<void>;
}

/** Of a process that serves. A promise, or an answer at once; undefined to what this build does not know. */
export function createAnswers({ gateway, household, collect }: Answering): Answers {
  const route = ({ operation, request }: RouteQuestion): unknown =>
    gateway.adminRoutes?.find(({ describe }) => describe.operationId === operation)?.answer(request, gateway);
  return (topic, question) => {
    if (topic === "metrics") return { sendParts: (send) => inSlices(pagesOf(collect()), send) } satisfies AnswerInParts;
    if (topic === "things") return household?.report() ?? [];
    // What is asked as `route` is a question about one.
    if (topic === "route") return route(question as RouteQuestion);
    return undefined;
  };
}

/** Samples in one message; a histogram has many numbers. */
const samplesInPage = 200;
const samplesOfHistogram = 8;

/** So many at a time that nobody waits long for the message that they make. What operations counted is a message as it is. */
function* pagesOf(items: Iterable<MetricsItem>): Generator<readonly MetricsItem[]> {
  let page: MetricsItem[] = [];
  let samples = 0;
  for (const item of items) {
    if ("operations" in item) {
      yield [item];
      continue;
    }
    page.push(item);
    samples += item.samples.length + (item.histograms?.length ?? 0) * samplesOfHistogram;
    if (samples < samplesInPage) continue;
    yield page;
    page = [];
    samples = 0;
  }
  if (page.length > 0) yield page;
}
