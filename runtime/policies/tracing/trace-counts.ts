import type { MetricFamily } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";

/** What became of traces, for those who wonder where one is. */
export class TraceCounts {
  /** Exported as it was decided at the begin. */
  sampled = 0;
  /** Exported for what came of the request. */
  kept = 0;
  /** Meant to be kept, and not, as there were too many in a second. */
  overKeepRate = 0;
  /** `baggage` of more bytes or members than are passed on. */
  largeBaggage = 0;

  /** `givenUp`: of requests that were undecided. */
  families(givenUp: number): readonly MetricFamily[] {
    return [
      {
        name: "gatewright_traces_exported_total",
        help: "Requests whose spans were given to an exporter: sampled at their begin, or kept for how they ended.",
        type: "counter",
        samples: [
          { labels: label("reason", "sampled"), value: this.sampled },
          { labels: label("reason", "kept"), value: this.kept },
        ],
      },
      {
        name: "gatewright_traces_not_kept_total",
        help: "Requests to which `keep` applies, or might have: over its rate, or undecided when there were too many of these.",
        type: "counter",
        samples: [
          { labels: label("reason", "rate"), value: this.overKeepRate },
          { labels: label("reason", "waiting"), value: givenUp },
        ],
      },
      {
        name: "gatewright_baggage_dropped_total",
        help: "Requests whose `baggage` had more bytes or members than are passed on.",
        type: "counter",
        samples: [{ labels: "", value: this.largeBaggage }],
      },
    ];
  }
}
