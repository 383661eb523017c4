import type { MetricFamily } from "../../../gateway/metrics.ts";
import { label } from "../../../metrics/label.ts";
import { reasons, type Uncompared } from "./pair.ts";

/** Of one operation. */
class Counted {
  same = 0;
  different = 0;
  /** Kinds and reasons, of bounded number. */
  readonly differences = new Map<string, number>();
  readonly uncompared = new Map<Uncompared, number>();
}

/** What came of pairs of answers, by operation. */
export class ComparisonCounts {
  readonly #operations = new Map<string, Counted>();

  #of(operation: string): Counted {
    let counted = this.#operations.get(operation);
    if (counted === undefined) this.#operations.set(operation, (counted = new Counted()));
    return counted;
  }

  compared(operation: string, kinds: readonly string[]): void {
    const counted = this.#of(operation);
    if (kinds.length === 0) counted.same++;
    else counted.different++;
    for (const kind of kinds) counted.differences.set(kind, (counted.differences.get(kind) ?? 0) + 1);
  }

  uncompared(operation: string, reason: Uncompared): void {
    const { uncompared } = this.#of(operation);
    uncompared.set(reason, (uncompared.get(reason) ?? 0) + 1);
  }

  /** Over all operations. */
  sums(): { readonly same: number; readonly different: number } {
    let [same, different] = [0, 0];
    for (const counted of this.#operations.values()) {
      same += counted.same;
      different += counted.different;
    }
    return { same, different };
  }

  families(service: string): readonly MetricFamily[] {
    const all = [...this.#operations];
    const samples = (name: string, of: (counted: Counted) => readonly (readonly [string, number])[]): MetricFamily["samples"] =>
      all.flatMap(([operation, counted]) =>
        of(counted).map(([value, count]) => ({
          labels: [label("operation", operation), label("service", service), label(name, value)].join(","),
          value: count,
        })),
      );
    return [
      {
        name: "gatewright_compared_answers_total",
        help: "Answers that mirror has compared with those that clients got.",
        type: "counter",
        samples: samples("outcome", ({ same, different }) =>
          Object.entries({ same, different }).filter(([, count]) => count > 0),
        ),
      },
      {
        name: "gatewright_answer_differences_total",
        help: "Answers of the mirror that differed, by kind: one answer may differ in several.",
        type: "counter",
        samples: samples("kind", ({ differences }) => [...differences].sort()),
      },
      {
        name: "gatewright_uncompared_answers_total",
        help: "Copies whose answers were not compared, by reason.",
        type: "counter",
        samples: samples("reason", ({ uncompared }) =>
          reasons.flatMap((reason) => (uncompared.has(reason) ? [[reason, uncompared.get(reason)!] as const] : [])),
        ),
      },
    ];
  }
}
