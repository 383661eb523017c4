import { exponential } from "../chance.ts";
import type { EndpointPlan } from "../endpoint.ts";
import type { GatewayOptions } from "../gateway.ts";
import type { Scenario } from "../scenario.ts";
import { isNear, peers } from "./plans.ts";

/** Can answer 200 requests in a second. */
const service: EndpointPlan = { workers: 20, moods: [{ from: 0, mood: { latency: exponential(100) } }] };

const limited: GatewayOptions = {
  policies: `concurrency: { limit: { min: 5, initial: 20, max: 200 }, queue: {} }
priority: { class: "request.path == '/important' ? 'critical' : 'low'" }`,
};

/** More than a service can do. A quarter of the requests is important. */
export const overload: readonly Scenario[] = [
  {
    name: "twice as much as a service can answer, for 30 s",
    load: { endpoints: [service], perSecond: 400, seconds: 30, important: 0.25 },
    from: 10,
    seeds: 3,
    subjects: { "adaptive limit": limited, none: {}, ...peers },
    theory: {
      "adaptive limit": ["half can be answered, the important ones among them", "50 % in 1 s"],
      none: ["the queue grows by 200 each second", "0 % in 1 s"],
    },
    promises: [
      {
        says: "at least 99 % of the important requests are answered within a second",
        holds: ({ "adaptive limit": one }) => one!.importantInTime >= 0.99,
      },
      {
        says: "and the service works as much as it can, in time: at least 97 % of its capacity",
        holds: ({ "adaptive limit": one }) => one!.inTime >= 0.97 * 0.5,
      },
      {
        says: "without a limit nobody is answered in time, as with nginx and HAProxy",
        holds: ({ none, nginx, haproxy }) => [none!, nginx!, haproxy!].every((one) => one.inTime === 0),
      },
    ],
  },
  {
    name: "80 % of what a service can answer",
    load: { endpoints: [service], perSecond: 160, seconds: 30, important: 0.25 },
    from: 10,
    seeds: 3,
    subjects: { "adaptive limit": limited, none: {} },
    promises: [
      {
        says: "nobody is refused",
        holds: ({ "adaptive limit": one }) => one!.good === 1,
      },
      {
        says: "and the limit costs no time",
        holds: ({ "adaptive limit": one, none }) => isNear(one!.mean, none!.mean, 0.2),
      },
    ],
  },
];
