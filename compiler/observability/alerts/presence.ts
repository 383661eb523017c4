import { recordedSeries } from "../objectives/recordings.ts";
import { series } from "../promql.ts";
import { type Alert, type Alerts, own } from "./alert.ts";

/** Alerts about figures that are not there: a query without a series says nothing, and looks like a service that never fails. */
export const presenceAlerts: Alerts = (facts) => [gone(facts), ...(facts.objectives.length === 0 ? [] : [unmeasured(facts)])];

const gone = (facts: Parameters<Alerts>[0]): Alert => ({
  name: "GatewrightAbsent",
  severity: "page",
  expr: `absent(${own(facts, "gatewright_build_info")})`,
  for: "5m",
  summary: `Nobody can tell how ${facts.name} is: Prometheus has no figures of it`,
  description: `No instance with job="${facts.name}" was scraped in the last 5 minutes. Either the gateway is down, or Prometheus does not reach its admin listener; every other alert of it is silent meanwhile.`,
  runbook: {
    meaning:
      "Prometheus has no figures of the gateway. It may be down, and clients see refused connections; or it serves as always, and only its admin listener is out of reach. No other alert of the gateway can fire until it is back.",
    look: [
      "Does the gateway answer clients? If it does not, see why it ended: its last lines on standard error.",
      "In Prometheus, `Status → Targets`: the error of the scrape. 401 and 403: the credential is wrong. A refused connection: host or port. 404: the gateway was built without the `metrics` policy.",
      `Is the job called \`${facts.name}\`? The rules select by it; the scrape configuration beside them sets it.`,
    ],
    commands: [
      ["gatewright live status --url URL", "whether the admin listener answers, which build runs, since when"],
      ["gatewright live metrics --url URL", "what Prometheus would get"],
    ],
    remedy: [
      "Start the gateway again, or go back to the build before: `gateway.mjs` of the last good output folder is enough.",
      "Correct the scrape configuration; `observability/prometheus/scrape.yaml` is one that fits this gateway.",
    ],
  },
});

const unmeasured = (facts: Parameters<Alerts>[0]): Alert => {
  const base = recordedSeries("all", 300_000, { job: facts.name });
  return {
    name: "GatewrightObjectiveUnmeasured",
    severity: "ticket",
    expr: [
      `present_over_time(${base}[1d])`,
      `unless ${base}`,
      `and on(job) group by (job) (${series("gatewright_build_info", [facts.job])})`,
    ].join("\n"),
    for: "1h",
    summary: "The objective {{ $labels.objective }} ({{ $labels.about }}) is not measured any more",
    description:
      "The gateway is scraped, and within the last day requests of this objective were counted; now there is no series for them. Its burn alerts cannot fire. A gateway that was started again and has had no such request since looks the same.",
    runbook: {
      meaning:
        "The gateway is there, and the series that an objective is computed from are not. Its alerts cannot fire, and its panels are empty rather than at 100%.",
      look: [
        "Was the gateway started again, and is nobody calling these operations? A series begins with the first request of its operation.",
        "Were operations renamed, moved to another API or version, or did the scrape configuration begin to rename labels? Rules are made for one build: deploy them together with the gateway.",
      ],
      commands: [
        ["gatewright live metrics --url URL", "which operations have series now"],
        ["gatewright routes", "which operations this build has, by their ids"],
      ],
      remedy: ["Load the rules of the build that runs. Send one request to an operation to have its series back."],
    },
  };
};
