import type { MetricFamily } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";

/** Why a request that was to be copied was not. */
const reasons = ["body", "busy", "draining", "marked", "memory", "unfinished", "upgrade"] as const;
export type Unmirrored = (typeof reasons)[number];

/** What became of copies; those that were answered by class of status. */
const outcomes = ["1xx", "2xx", "3xx", "4xx", "5xx", "failed", "late"] as const;
type Outcome = (typeof outcomes)[number];

/** Of one operation. */
class OperationCounts {
  readonly unmirrored: Record<Unmirrored, number> = {
    body: 0,
    busy: 0,
    draining: 0,
    marked: 0,
    memory: 0,
    unfinished: 0,
    upgrade: 0,
  };
  readonly mirrored: Record<Outcome, number> = { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0, failed: 0, late: 0 };

  ended(end: "answered" | "failed" | "late", status: number): void {
    const outcome = end === "answered" ? outcomes[Math.floor(status / 100) - 1] : end;
    this.mirrored[outcome ?? "failed"]++;
  }
}

export class MirrorCounts {
  readonly #counts = new Map<string, OperationCounts>();

  of(operation: string): OperationCounts {
    let counts = this.#counts.get(operation);
    if (counts === undefined) {
      counts = new OperationCounts();
      this.#counts.set(operation, counts);
    }
    return counts;
  }

  families(service: string): readonly MetricFamily[] {
    const all = [...this.#counts];
    const labels = (operation: string, name: string, value: string): string =>
      [label("operation", operation), label("service", service), label(name, value)].join(",");
    return [
      {
        name: "gatewright_mirrored_requests_total",
        help: "Copies that mirror has sent, by what became of them: the class of the answer's status, failed or late.",
        type: "counter",
        samples: all.flatMap(([operation, { mirrored }]) =>
          outcomes
            .filter((outcome) => mirrored[outcome] > 0)
            .map((outcome) => ({ labels: labels(operation, "outcome", outcome), value: mirrored[outcome] })),
        ),
      },
      {
        name: "gatewright_unmirrored_requests_total",
        help: "Requests in the share of mirror that were not copied, by reason.",
        type: "counter",
        samples: all.flatMap(([operation, { unmirrored }]) =>
          reasons
            .filter((reason) => unmirrored[reason] > 0)
            .map((reason) => ({ labels: labels(operation, "reason", reason), value: unmirrored[reason] })),
        ),
      },
    ];
  }
}
