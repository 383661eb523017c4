import { join } from "node:path";
import { expect, test } from "vitest";
import { Program } from "../harness/program.ts";
import { built } from "./gateway.ts";

/** Every URL and address that the environment may say, each in a variable of its own. */
const gateway = `gateway: faults
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
services:
  orders: { endpoints: ["\${env:ENDPOINT:-http://127.0.0.1:9}"] }
  byHttp: { discover: { http: { url: "\${env:HTTP_URL:-http://127.0.0.1:9/x}" } } }
  byConsul: { discover: { consul: { address: "\${env:CONSUL_URL:-http://127.0.0.1:9}", service: orders } } }
  byEtcd: { discover: { etcd: { addresses: ["\${env:ETCD_URL:-http://127.0.0.1:9}"], prefix: orders/ } } }
  byEureka: { discover: { eureka: { addresses: ["\${env:EUREKA_URL:-http://127.0.0.1:9}"], app: orders } } }
  byKubernetes: { discover: { kubernetes: { address: "\${env:KUBE_URL:-http://127.0.0.1:9}", token: { env: TOKEN }, namespace: a, service: orders } } }
  byDns: { discover: { dns: { name: orders.test }, port: 80 }, resolver: { servers: ["\${env:REGISTRY_RESOLVER:-127.0.0.1}"] } }
  resolved: { endpoints: [http://orders.test], resolver: { servers: ["\${env:RESOLVER:-127.0.0.1}"] } }
  told: { endpoints: [http://127.0.0.1:9], authenticate: { clientCredentials: { token: "\${env:TOKEN_URL:-https://127.0.0.1:9/t}", client: { id: a, secret: { env: SECRET } } } } }
stores:
  default: { redis: { url: { env: REDIS_URL } } }
  nodes: { redis: { cluster: { nodes: ["\${env:CLUSTER_NODE:-127.0.0.1:9}"] } } }
  pages: { memcached: { servers: ["\${env:MEMCACHED:-127.0.0.1:9}"] } }
exporters: { collector: { otlp: { url: "\${env:OTLP_URL:-http://127.0.0.1:9}" } } }
identity:
  schemes:
    login: { jwt: { issuer: "\${env:ISSUER:-https://127.0.0.1:9}", audience: shop } }
    opaque: { introspection: { endpoint: "\${env:INTROSPECTION_URL:-https://127.0.0.1:9/i}", audience: shop, client: { id: a, secret: { env: SECRET } } } }
routes:
  orders:
    match: { path: /orders }
    service: orders
    policies:
      security: [{ login: [] }, { opaque: [] }]
      tracing: {}
      rateLimit: { limit: 5/s, onStoreFailure: refuse, store: default }
      externalAuthorization: { http: { url: "\${env:DECIDER_URL:-http://127.0.0.1:9/d}", input: { who: peer.ip } } }
  nodes: { match: { path: /nodes }, service: byHttp, policies: { public: a test, rateLimit: { limit: 5/s, onStoreFailure: refuse, store: nodes } } }
  pages: { match: { path: /pages }, service: byConsul, policies: { public: a test, cache: { ttl: 1s, store: pages } } }
  etcd: { match: { path: /etcd }, service: byEtcd, policies: { public: a test } }
  eureka: { match: { path: /eureka }, service: byEureka, policies: { public: a test } }
  kubernetes: { match: { path: /kubernetes }, service: byKubernetes, policies: { public: a test } }
  resolved: { match: { path: /resolved }, service: resolved, policies: { public: a test } }
  byDns: { match: { path: /dns }, service: byDns, policies: { public: a test } }
  told: { match: { path: /told }, service: told, policies: { public: a test } }
`;

const url = "http://user:hunter2@127.0.0.1:99999/x";
/** What a variable says, and where the message of the start says that it is used. */
const wrong: Readonly<Record<string, readonly [value: string, place: string]>> = {
  ENDPOINT: [url, "variable ENDPOINT"],
  HTTP_URL: [url, "services.byHttp.discover.http.url"],
  CONSUL_URL: [url, "services.byConsul.discover.consul.address"],
  ETCD_URL: [url, "services.byEtcd.discover.etcd.addresses.0"],
  EUREKA_URL: [url, "services.byEureka.discover.eureka.addresses.0"],
  KUBE_URL: [url, "services.byKubernetes.discover.kubernetes.address"],
  RESOLVER: ["user:hunter2@127.0.0.1", "service resolved"],
  REGISTRY_RESOLVER: ["user:hunter2@127.0.0.1", "service byDns"],
  TOKEN_URL: [url, "variable TOKEN_URL"],
  REDIS_URL: ["redis://user:hunter2@127.0.0.1:99999", "stores.default"],
  CLUSTER_NODE: ["user:hunter2@127.0.0.1:99999", "stores.nodes"],
  MEMCACHED: ["user:hunter2@127.0.0.1:11211", "stores.pages"],
  OTLP_URL: [url, "exporters.collector.otlp.url"],
  ISSUER: [url, "identity.schemes.login.jwt.issuer"],
  INTROSPECTION_URL: [url, "identity.schemes.opaque.introspection.endpoint"],
  DECIDER_URL: [url, "URL of the decision service"],
};

const usual = { PORT: "0", REDIS_URL: "redis://127.0.0.1:9", SECRET: "a-secret-of-the-test-1234", TOKEN: "a-token-of-the-test" };

test("a URL of the environment that cannot be used stops the start, and who it names is not repeated", async () => {
  const out = await built({ "gateway.yaml": gateway });
  const ends = new Map<string, boolean>();
  const queue = Object.entries(wrong).values();
  const work = async (): Promise<void> => {
    for (const [name, [value, place]] of queue) {
      const program = new Program(join(out, "gateway.mjs"), [], { env: { ...usual, [name]: value }, cwd: out });
      const { code, stderr } = await program.ended;
      expect(stderr, name).not.toContain("hunter2");
      expect(stderr, name).not.toContain("    at ");
      // 78 is configuration that cannot be used, 69 a part that did not start (sysexits.h).
      expect([78, 69], name).toContain(code);
      ends.set(name, stderr.includes(place));
    }
  };
  await Promise.all([work(), work(), work()]);
  expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(Object.keys(wrong).map((name) => [name, true])));
});
