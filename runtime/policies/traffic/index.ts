import type { AdminAnswer, AdminRoute } from "../../admin/route.ts";
import type { Exchange, Identity } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import { clock } from "../../life/clock.ts";
import { CallerCount } from "./caller-count.ts";
import { type OperationTraffic, togetherOf, trafficText } from "./traffic-answer.ts";

export interface TrafficConfig {
  /** What tells callers apart. */
  readonly by: "subject" | "key";
  /** Pairs of operation and caller. */
  readonly most: number;
  /** Ids of operations that their specs call `deprecated`. */
  readonly deprecated: readonly string[];
}

export const createTraffic = (config: TrafficConfig): Traffic => new Traffic(config);

/** Characters of a caller; those that are alike so far are one. */
const longest = 200;

/** What was counted of one operation. */
interface Counted {
  readonly id: string;
  readonly callers: Map<string, CallerCount>;
  /** Of callers for whom there was no room; undefined: there was for all. */
  others: CallerCount | undefined;
}

/** Counts who calls which operation. */
class Traffic {
  readonly adminRoutes: readonly AdminRoute[];
  readonly #config: TrafficConfig;
  /** By the index of the operation. */
  #counted: (Counted | undefined)[] = [];
  /** Pairs that are told apart. */
  #size = 0;
  #since = clock.wall();

  constructor(config: TrafficConfig) {
    this.#config = config;
    this.adminRoutes = [
      {
        method: "GET",
        path: "/traffic",
        from: "all",
        describe: {
          operationId: "getTraffic",
          summary: "Who called which operation, and which ones nobody did",
          responses: {
            200: { description: "Every operation.", content: { "application/json": { schema: { type: "object" } } } },
          },
        },
        answer: (_request, { operations }) => {
          const unmatched = this.#counted[operations.length];
          const all = [...operations, ...(unmatched === undefined ? [] : [unmatchedOperation(operations.length)])];
          const told = all.map((operation): OperationTraffic => {
            const { callers, others } = this.#counted[operation.index] ?? { callers: new Map<string, CallerCount>() };
            return {
              operation: operation.id,
              method: operation.method,
              path: operation.template,
              ...(this.#config.deprecated.includes(operation.id) ? { deprecated: true as const } : {}),
              ...(operation.api === "" ? {} : { api: operation.api, version: operation.version }),
              callers: [...callers.values()].map((count) => count.told()),
              ...(others === undefined ? {} : { others: others.told() }),
            };
          });
          return { status: 200, json: trafficText({ since: this.#since, operations: told }) };
        },
        merge: (answers) => ({ status: 200, json: togetherOf(answers) }),
      },
      {
        method: "DELETE",
        path: "/traffic",
        from: "all",
        describe: {
          operationId: "clearTraffic",
          summary: "Forgets it, and counts anew",
          responses: {
            200: { description: "Done.", content: { "application/json": { schema: { type: "object" } } } },
          },
        },
        answer: () => this.#clear(),
        merge: ([first]) => first!,
      },
    ];
  }

  done(x: Exchange): void {
    const { index, id } = x.operation;
    while (this.#counted.length < index) this.#counted.push(undefined);
    const counted = (this.#counted[index] ??= { id, callers: new Map(), others: undefined });
    this.#countOf(counted, x.identity).add(x);
  }

  #countOf(counted: Counted, identity: Identity | undefined): CallerCount {
    const caller = identity === undefined ? "" : this.#nameOf(identity);
    // No name of a scheme has a space.
    const key = identity === undefined ? "" : `${identity.scheme} ${caller}`;
    const known = counted.callers.get(key);
    if (known !== undefined) return known;
    if (this.#size >= this.#config.most) return (counted.others ??= new CallerCount(undefined, undefined));
    this.#size++;
    const kept = keptText(key);
    const count =
      identity === undefined ? new CallerCount(undefined, undefined) : new CallerCount(keptText(caller), identity.scheme);
    counted.callers.set(kept, count);
    return count;
  }

  #nameOf({ subject, marks }: Identity): string {
    const name = this.#config.by === "key" ? (marks?.key ?? subject) : subject;
    return name.length <= longest ? name : `${name.slice(0, longest)}…`;
  }

  #clear(): AdminAnswer {
    this.#counted = [];
    this.#size = 0;
    this.#since = clock.wall();
    return { status: 200, json: { since: new Date(this.#since).toISOString() } };
  }
}

const unmatchedOperation = (index: number) => ({ index, id: "unmatched", method: "*", template: "", api: "", version: "" });
