import type { MetricFamily } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";
import type { ShareCheck } from "./share-check.ts";

/** By the first digit of the status; `none`: there was no answer. */
const statuses = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/** What became of the requests of one experiment, by arm: as many series as the configuration has arms. */
export class Counts {
  readonly #experiment: string;
  readonly #arms: readonly string[];
  readonly #requests: readonly number[][];
  /** Users of shares that are no more. */
  #before: readonly number[];

  constructor(experiment: string, arms: readonly string[]) {
    this.#experiment = experiment;
    this.#arms = arms;
    this.#requests = arms.map(() => statuses.map(() => 0));
    this.#before = arms.map(() => 0);
  }

  /** `status`: 0 where there was no answer. */
  add(arm: number, status: number): void {
    const place = Math.min(Math.floor(status / 100), statuses.length - 1);
    this.#requests[arm]![place]!++;
  }

  keep(users: readonly number[]): void {
    this.#before = this.#before.map((before, arm) => before + (users[arm] ?? 0));
  }

  families(shares: readonly number[], check: ShareCheck): readonly MetricFamily[] {
    const experiment = label("experiment", this.#experiment);
    const byArm = (valueOf: (arm: number) => number) =>
      this.#arms.map((arm, index) => ({ labels: `${experiment},${label("arm", arm)}`, value: valueOf(index) }));
    return [
      {
        name: "gatewright_split_requests_total",
        help: "Requests that were part of an experiment, by the service they were sent to and the first digit of their status.",
        type: "counter",
        samples: this.#arms.flatMap((arm, index) =>
          statuses
            .map((status, place) => ({
              labels: `${experiment},${label("arm", arm)},${label("status", status)}`,
              value: this.#requests[index]![place]!,
            }))
            .filter(({ value }) => value > 0),
        ),
      },
      {
        name: "gatewright_split_users_total",
        help: "Users of an experiment whom a service answered, as far as they are told apart: 65536 in each process for each set of shares.",
        type: "counter",
        samples: byArm((arm) => this.#before[arm]! + (check.users[arm] ?? 0)),
      },
      {
        name: "gatewright_split_wrong_shares",
        help: "Processes in which the users of an experiment were not distributed as its shares say (sample-ratio check).",
        type: "gauge",
        samples: [{ labels: experiment, value: check.isAlarmed ? 1 : 0 }],
      },
      {
        name: "gatewright_split_share",
        help: "Share of the users that a service of an experiment gets, added up over processes: divide it by its sum over the arms.",
        type: "gauge",
        samples: byArm((arm) => shares[arm]!),
      },
    ];
  }
}
