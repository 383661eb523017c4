import type { Facts } from "../facts.ts";
import { anyOf } from "../promql.ts";
import { type Alert, type Alerts, own } from "./alert.ts";

/** Alerts about what policies keep elsewhere. */
export const storeAlerts: Alerts = (facts) => (facts.stores.length === 0 ? [] : [outOfReach(facts)]);

const outOfReach = (facts: Facts): Alert => ({
  name: "GatewrightStoreOutOfReach",
  severity: "page",
  expr: `min by (job, instance, thing) (${own(facts, "gatewright_thing_ready", ["thing", "=~", anyOf(facts.stores.map((name) => `stores.${name}`))])}) == 0`,
  for: "1m",
  summary: "{{ $labels.instance }} does not reach {{ $labels.thing }}",
  description:
    "For a minute no worker had an answer of the store. What its policies do meanwhile is what `onStoreFailure` says: refuse, allow, or count locally.",
  runbook: {
    meaning:
      "A store of the gateway does not answer. Policies with `onStoreFailure: refuse` answer 503; with `allow` or `local`, limits are not shared between instances until it is back.",
    look: [
      "Is the server there? One that has failed over may need some seconds.",
      "Name, address and credential: the log of the gateway has the reason.",
      "All instances of the gateway, or one? One: the network between it and the store.",
    ],
    commands: [
      ["gatewright live ready --url URL", "whether the store is reached, and why not"],
      ["gatewright explain 'GET /path'", "which policies of an operation need the store, and what they do without it"],
    ],
    remedy: ["Bring the store back; the gateway connects again by itself."],
  },
});
