// Requests that are forwarded to services of three endpoints and answered well, without sockets, by what their service has.
import { HeaderList } from "../../../dist/runtime/fields/header-list.js";
import { createBreakers } from "../../../dist/runtime/upstream/attempts/breakers.js";
import { createEjection } from "../../../dist/runtime/upstream/attempts/ejection.js";
import { createHedgingService } from "../../../dist/runtime/upstream/attempts/hedging-service.js";
import { createManagedService } from "../../../dist/runtime/upstream/attempts/managed-service.js";
import { createRetryingService } from "../../../dist/runtime/upstream/attempts/retrying-service.js";
import { createEndpointLoads } from "../../../dist/runtime/upstream/balance/endpoint-load.js";
import { createPowerOfTwo } from "../../../dist/runtime/upstream/balance/two-choices.js";

// The options of the whole gateways, as the compiler settles them.
const window = { minimum: 20, window: 10_000 };
const ejection = { ...window, service: "bench", consecutive: 5, errorRate: 0.5, eject: 10_000, maxEject: 300_000, most: 0.5 };
const breaker = { ...window, service: "bench", perOperation: false, errorRate: 0.5, consecutive: 20, open: 5_000 };
const retry = {
  attempts: 3,
  on: ["unsent", "reset", "timeoutHead", 500, 502, 503, 504],
  perTry: 1_000,
  backoff: { base: 25, max: 250 },
  budget: { ratio: 0.2, min: 10 },
  bodyBytes: 65_536,
};
const withEjection = () => ({ ejection: createEjection(ejection) });
const withBreaker = () => ({ breakers: createBreakers({ ...breaker, maxOpen: 300_000, probes: 5 }) });
const hedge = { after: 0.95, attempts: 2 };

/** By what they have; each sends one request. */
export function forwardings() {
  return [
    { name: "three endpoints", service: createManagedService(config()) },
    { name: "with passive", service: createManagedService({ ...config(), ...withEjection() }) },
    { name: "with breaker", service: createManagedService({ ...config(), ...withBreaker() }) },
    { name: "with retry", service: createRetryingService({ ...config(), retry }) },
    { name: "with all of them", service: createRetryingService({ ...config(), ...withEjection(), ...withBreaker(), retry }) },
    { name: "and hedging", service: createHedgingService({ ...config(), ...withEjection(), ...withBreaker(), retry, hedge }) },
  ].map(({ name, service }) => ({ name, send: sender(service) }));
}

const config = () => ({
  name: "bench",
  endpoints: ["a", "b", "c"].map((path) => ({ url: `http://127.0.0.1:9/${path}`, weight: 1 })),
  timeout: { connect: 2_000, response: 30_000 },
  connections: { max: 1_024, pending: 4_096, idle: 4_000, streams: 100 },
  required: false,
  loadBalancer: createPowerOfTwo(),
  watchers: [createEndpointLoads()],
});

const answer = {
  status: 200,
  minor: 1,
  headers: new HeaderList(["Content-Type", "text/plain"]),
  contentLength: 0,
  isChunked: false,
  connection: 0,
  hasLocation: false,
};

/** Answers each request at once. */
const pool = {
  acquire(waiter) {
    waiter.connected({
      begin: (sink) => (pool.sink = sink),
      sendEnd() {
        const { sink } = pool;
        sink.answerHead(answer);
        sink.answerEnd(undefined);
      },
      leave() {},
      isPaused: false,
    });
  },
  leave() {},
};

function sender(service) {
  for (const endpoint of service.endpoints) Object.defineProperty(endpoint, "pool", { value: pool });
  const forward = { responseTimeout: 0, idleTimeout: 60_000, strip: 0, prepend: "" };
  const client = { sendEnd: () => sent++ };
  let sent = 0;
  return {
    once() {
      service.enter(exchange(client), forward, undefined);
    },
    get sent() {
      return sent;
    },
  };
}

/** What the way to the service and back looks at. */
const exchange = (client) => ({
  method: "GET",
  path: "/orders/ord_123",
  query: "",
  authority: "shop.example.com",
  headers: new HeaderList(["User-Agent", "bench", "Accept", "*/*"]),
  head: { contentLength: -1, isChunked: false, takesTrailers: false, hasVia: false },
  peer: { ip: "127.0.0.1", connectionIp: "127.0.0.1", secure: false },
  client,
  isPeerTrusted: false,
  state: { proxies: undefined, gateway: { pseudonym: "gatewright (bench 0123456789ab)", parts: {} } },
  operation: { id: "bench", upstreamRequest: null },
  hasBody: false,
  body: undefined,
  wayBack: undefined,
  hasHead: false,
  bytesReceived: 0,
  bytesSent: 0,
  releaseBody() {},
  settleAnswer: () => true,
  sendHead: () => true,
});

/** The least microseconds of processor time for a request of each. They take turns. */
export async function leastOf(subjects) {
  const requests = 500;
  const least = subjects.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < 400; round++) {
    for (const [index, { send }] of subjects.entries()) {
      const before = process.cpuUsage();
      for (let count = 0; count < requests; count++) send.once();
      const { user, system } = process.cpuUsage(before);
      least[index] = Math.min(least[index], (user + system) / requests);
    }
    // Timers, as there are in a gateway.
    if (round % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const { name, send } of subjects)
    if (send.sent !== requests * 400) throw new Error(`${name}: ${send.sent} requests were answered`);
  return subjects.map(({ name }, index) => ({ name, least: least[index] }));
}
