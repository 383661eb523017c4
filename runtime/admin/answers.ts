import type { Gateway } from "../gateway/gateway.ts";
import type { BuildItem, WorkerItem } from "../gateway/metrics.ts";
import type { Household } from "../life/household.ts";
import { inSlices } from "../life/in-slices.ts";
import { label } from "../metrics/label.ts";
import { operationLabels } from "../metrics/operations/operation-labels.ts";
import type { AdminRequest } from "./route.ts";

/** What the process has that is asked. */
export interface Answering {
  readonly gateway: Gateway;
  readonly household: Household | undefined;
  /**
   * Its metrics; undefined where it has gone on and there is nothing to tell.
   *
   * @param layout of pages of operations that are asked for; of others, families
   * @param latest the answer of which whoever asks has all: of pages only what is new since then
   */
  tell(layout: number, latest: number): Iterable<WorkerItem | undefined>;
}

/** What a worker is asked, by its topic, for the admin listener of its primary. */
export type Answers = (topic: string, question: unknown) => unknown;

/** A route is asked by its operation; the primary has validated the request. */
export interface RouteQuestion {
  readonly operation: string;
  readonly request: AdminRequest;
}

/** For `metrics`: what the primary knows. */
export interface MetricsQuestion {
  readonly builds: readonly string[];
  /** Of pages of operations that the primary reads; absent where it is of a build that read them in another way. */
  readonly layout?: number;
  /** The answer of this worker of which the primary has all; absent or 0: there is none. */
  readonly latest?: number;
}

/** An answer that comes in several messages, with time for requests between them. */
export interface AnswerInParts {
  sendParts(send: (part: unknown) => void): Promise<void>;
}

/** Of a process that serves. A promise, or an answer at once; undefined to what this build does not know. */
export function createAnswers({ gateway, household, tell }: Answering): Answers {
  const route = ({ operation, request }: RouteQuestion): unknown =>
    gateway.adminRoutes?.find(({ describe }) => describe.operationId === operation)?.answer(request, gateway);
  function* told(asked: MetricsQuestion | null): Generator<readonly WorkerItem[]> {
    yield* existing(gateway, asked?.builds ?? []);
    yield* messagesOf(tell(asked?.layout ?? noLayout, asked?.latest ?? 0));
  }
  return (topic, question) => {
    if (topic === "metrics")
      return {
        sendParts: (send) =>
          inSlices(told(question as MetricsQuestion | null), (part) => {
            if (part.length > 0) send(part);
          }),
      } satisfies AnswerInParts;
    if (topic === "things") return household?.report() ?? [];
    // What is asked as `route` is a question about one.
    if (topic === "route") return route(question as RouteQuestion);
    return undefined;
  };
}

/** No page has it. */
const noLayout = 0;

/** Samples in one message; a histogram has many numbers. */
const samplesInMessage = 200;
const samplesOfHistogram = 8;

/** Labels in one message. */
const labelsInPage = 100;

function* existing(
  { build, operations, unmatched, services }: Gateway,
  known: readonly string[],
): Generator<readonly BuildItem[]> {
  if (build === undefined) return;
  const { digest } = build;
  if (known.includes(digest)) return yield [{ build: digest, existing: [], isLast: true }];
  const all = [...operations, unmatched];
  for (let from = 0; from < all.length; from += labelsInPage)
    yield [{ build: digest, existing: all.slice(from, from + labelsInPage).map(operationLabels), isLast: false }];
  yield [{ build: digest, existing: services.map(({ name }) => label("service", name)), isLast: true }];
}

/** So many at a time that nobody waits long for the message that they make. What operations counted is a message as it is; an empty one is nothing but a pause. */
function* messagesOf(items: Iterable<WorkerItem | undefined>): Generator<readonly WorkerItem[]> {
  let message: WorkerItem[] = [];
  let samples = 0;
  for (const item of items) {
    if (item === undefined) {
      yield [];
      continue;
    }
    if (!("samples" in item)) {
      yield [item];
      continue;
    }
    message.push(item);
    samples += item.samples.length + (item.histograms?.length ?? 0) * samplesOfHistogram;
    if (samples < samplesInMessage) continue;
    yield message;
    message = [];
    samples = 0;
  }
  if (message.length > 0) yield message;
}
