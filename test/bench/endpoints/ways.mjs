// Services whose endpoints are chosen in different ways.
import { createManagedService } from "../../../dist/runtime/upstream/attempts/managed-service.js";
import { createSubsets } from "../../../dist/runtime/upstream/attempts/subsets.js";
import { createConsistentHash } from "../../../dist/runtime/upstream/balance/consistent-hash.js";
import { createEndpointLoads } from "../../../dist/runtime/upstream/balance/endpoint-load.js";
import { createLevels } from "../../../dist/runtime/upstream/balance/levels.js";
import { createRoundRobin } from "../../../dist/runtime/upstream/balance/round-robin.js";
import { createSticky } from "../../../dist/runtime/upstream/balance/sticky.js";
import { createLeastRequests, createPowerOfTwo, createRandom } from "../../../dist/runtime/upstream/balance/two-choices.js";

const algorithms = {
  random: createRandom,
  roundRobin: createRoundRobin,
  leastRequests: createLeastRequests,
  powerOfTwo: createPowerOfTwo,
  consistentHash: () => createConsistentHash({ key: () => "tenant", balance: 1.25 }),
};

export const ways = [
  ...Object.keys(algorithms).map((algorithm) => ({ algorithm })),
  { algorithm: "powerOfTwo", sticky: true },
  { algorithm: "powerOfTwo", subsets: true },
  { algorithm: "consistentHash", sticky: true, subsets: true },
];

export const nameOf = ({ algorithm, sticky, subsets }) =>
  [algorithm, sticky ? "cookie" : "", subsets ? "subsets" : ""].filter(Boolean).join(", ");

const subset = (name, version, more) => ({ name, metadata: { version }, mayBeAny: false, ...more });

export function serviceOf({ algorithm, sticky = false, subsets = false }) {
  return createManagedService({
    name: "orders",
    endpoints: [],
    loadBalancer: createLevels({ loadBalancer: algorithms[algorithm](), zone: "eu-1" }),
    watchers: [createEndpointLoads()],
    sticky: sticky ? createSticky({ cookie: "route", path: "/", sameSite: "Lax", key: "0123456789abcdef" }) : undefined,
    subsets: subsets
      ? createSubsets({ subsets: [subset("next", "v2", { when: () => false }), subset("stable", "v1")] })
      : undefined,
    timeout: { connect: 2_000, response: 30_000 },
    connections: { max: 1_024, pending: 4_096, idle: 60_000, streams: 100 },
    required: false,
  });
}
