import { expect, test } from "vitest";
import { renderGithub } from "../../../compiler/diagnostics/render/github.ts";
import { renderJson } from "../../../compiler/diagnostics/render/json.ts";
import { renderSarif } from "../../../compiler/diagnostics/render/sarif.ts";
import { renderText } from "../../../compiler/diagnostics/render/text.ts";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { usersHidden, withoutUsers } from "../../../compiler/text/without-users.ts";

interface Written {
  readonly service?: string;
  readonly stores?: string;
  readonly scheme?: string;
  readonly policies?: string;
  readonly top?: string;
  readonly listener?: string;
}

const place = "endpoints: [http://127.0.0.1:9001]";

const fileWith = ({ service = place, stores, scheme, policies = "", top = "", listener = "port: 8080" }: Written): string =>
  `gateway: shop
compatibility: 2026-12-01
listeners: { public: { ${listener} } }
services:
  orders: { ${service} }
${stores === undefined ? "" : `stores: { default: { ${stores} } }`}
${scheme === undefined ? "" : `identity: { schemes: { login: { ${scheme} } } }`}
${top}
routes:
  orders: { match: { path: /orders, methods: [GET] }, service: orders, policies: { public: sample, ${policies} } }
`;

const http = "http://user:hunter2@host.test";
const https = "https://user:hunter2@host.test/x";
const warmed = (url: string): Written => ({ policies: "cache: { ttl: 30s }", top: `cache: { warm: { urls: ['${url}'] } }` });
const cached = (stores: string): Written => ({ policies: "cache: { ttl: 30s }", stores });
const told = (authenticate: string): Written => ({ service: `${place}, authenticate: { ${authenticate} }` });
const client = "client: { id: gateway, secret: { env: SECRET } }";

test.each<[string, Written]>([
  ["an endpoint", { service: `endpoints: ['${http}']` }],
  ["an endpoint with a port that there is not", { service: `endpoints: ['${http}:99999']` }],
  ["an endpoint whose password has a slash", { service: "endpoints: ['http://user:hunt/hunter2@host.test']" }],
  ["an endpoint whose password has a question mark and a hash", { service: "endpoints: ['http://user:a?b#hunter2@host.test']" }],
  ["an endpoint whose password has blanks", { service: "endpoints: ['http://user:a hunter2@host.test']" }],
  ["an endpoint with its weight", { service: `endpoints: [{ url: '${http}', weight: 2 }]` }],
  ["endpoints that are no list", { service: `endpoints: '${http}'` }],
  ["an endpoint without a scheme", { service: "endpoints: ['user:hunter2@host:80']" }],
  ["a registry of HTTP", { service: `discover: { http: { url: '${https}' } }` }],
  ["Consul", { service: `discover: { consul: { address: '${http}', service: orders } }` }],
  ["etcd", { service: `discover: { etcd: { addresses: ['${http}:2379'], prefix: 'orders/' } }` }],
  ["Eureka", { service: `discover: { eureka: { addresses: ['${https}'], app: orders } }` }],
  ["Kubernetes", { service: `discover: { kubernetes: { address: '${https}', service: orders } }` }],
  ["a resolver", { service: `endpoints: [http://a.test], resolver: { servers: ['user:hunter2@192.0.2.1'] }` }],
  ["a token endpoint", told(`clientCredentials: { token: '${https}', ${client} }`)],
  ["a token endpoint of exchanges", told(`exchange: { token: '${https}', ${client}, audience: orders }`)],
  ["Redis", cached("redis: { url: 'redis://:hunter2@host.test' }")],
  ["Redis with a port that there is not", cached("redis: { url: 'redis://user:hunter2@host.test:99999' }")],
  ["Redis whose password has a slash", cached("redis: { url: 'redis://:hunt/hunter2@host.test' }")],
  ["Redis whose password has an @ and a slash", cached("redis: { url: 'redis://:p@ss/hunter2@host.test:99999' }")],
  ["Redis whose password has a quote", cached('redis: { url: "redis://:it\'s-hunter2@host.test:99999" }')],
  ["Redis whose password ends its quotes", cached("redis: { url: 'redis://:it's-hunter2@host.test' }")],
  ["nodes whose password has a slash", cached("redis: { cluster: { nodes: ['user:pa/hunter2@host.test:6379'] } }")],
  ["nodes whose password has an @", cached("redis: { cluster: { nodes: ['user:p@hunter2@host.test:6379'] } }")],
  ["Redis with another scheme", cached("redis: { url: 'http://user:hunter2@host.test' }")],
  ["nodes of a cluster", cached("redis: { cluster: { nodes: ['user:hunter2@host.test:6379'] } }")],
  ["sentinels", cached("redis: { sentinel: { name: main, nodes: ['redis://user:hunter2@host.test:6379'] } }")],
  ["Memcached", cached("memcached: { servers: ['user:hunter2@host.test:11211'] }")],
  ["Memcached with a scheme", cached("memcached: { servers: ['memcached://user:hunter2@host.test:11211'] }")],
  ["what is warmed", warmed(`${http}/orders`)],
  ["what is warmed, with a port that there is not", warmed(`${http}:99999/orders`)],
  ["what is warmed, where there is nothing", warmed(`${http}/nothing`)],
  ["what is warmed, with blanks", warmed("http://user:hunter2 x@host.test/orders")],
  ["what is warmed, with another scheme", warmed("ftp://user:hunter2@host.test/orders")],
  ["what is warmed, whose password has a slash", warmed("http://user:a/hunter2@host.test/orders")],
  ["an exporter", { policies: "tracing: {}", top: `exporters: { collector: { otlp: { url: '${https}' } } }` }],
  ["an issuer", { scheme: `jwt: { issuer: '${https}', audience: shop }` }],
  ["a key set", { scheme: `jwt: { issuer: 'https://a.test', audience: shop, jwks: { uri: '${https}' } }` }],
  ["introspection", { scheme: `introspection: { endpoint: '${https}', audience: shop, ${client} }` }],
  ["an authorization service", { policies: `externalAuthorization: { http: { url: '${https}', input: { who: peer.ip } } }` }],
  ["a policy agent", { policies: `externalAuthorization: { opa: { url: '${https}', input: { who: peer.ip } } }` }],
  ["a list of addresses", { policies: `ipFilter: { allow: [{ url: '${https}' }] }` }],
  ["an origin of CORS", { policies: `cors: { origins: ['${http}'] }` }],
  [
    "a list of revoked certificates",
    {
      listener: `port: 8080, tls: { certificates: [{ certificate: { file: a }, key: { file: b } }], clientCertificates: { ca: { file: c }, crl: { url: '${http}/c' } } }`,
    },
  ],
  ["a key that nobody knows", { top: `'${http}': 1` }],
  ["a service that there is not", { policies: `mirror: { to: '${http}' }` }],
])("%s with a user in its URL does not build, and no output has the password", async (_name, written) => {
  const disk = memoryDisk(new Map([["gateway.yaml", fileWith(written)]]));
  const { diagnostics, sources } = await checkGateway("gateway.yaml", { disk });
  expect(diagnostics.filter(({ severity }) => severity === "error")).not.toEqual([]);
  for (const render of [renderText, renderJson, renderSarif, renderGithub])
    expect(render(diagnostics, sources.files)).not.toContain("hunter2");
});

// Of each, what no output may have.
test.each<[string, string]>([
  ["redis://:p@ss/hunter2@host", "redis://•••@host"],
  ["redis://app:p@ss#hunter2@host", "redis://•••@host"],
  ["redis://app:12/hunter2@host", "redis://•••@host"],
  ["redis://:it's-hunter2@host", "redis://•••@host"],
  ['redis://:a"b`c<d>hunter2@host', "redis://•••@host"],
  ["https://p@hunter2@host/x", "https://•••@host/x"],
  ["https://app:123456/hunter2@host/x", "https://•••@host/x"],
  ["https://[::1]:hunter2@host", "https://•••@host"],
  ["app:p/hunter2@redis-1:6379", "•••@redis-1:6379"],
  ["app:p@hunter2@redis-1:6379", "•••@redis-1:6379"],
  ["app:it's-hunter2@redis-1:6379", "•••@redis-1:6379"],
  ["app:a hunter2@redis-1:6379", "•••@redis-1:6379"],
  [":@hunter2@redis-1:6379", "•••@redis-1:6379"],
  ["redis://:hunter2@a,redis://:x/hunter2@b", "redis://•••@a,redis://•••@b"],
  ["`redis://:hunter2@a` and `app:x'hunter2@b`", "`redis://•••@a` and `•••@b`"],
])("the user of %s is hidden in a message, and in lines of files", (written, shown) => {
  expect(withoutUsers(written)).toBe(shown);
  const quote = written.includes("'") ? '"' : "'";
  for (const line of [
    `url: ${written}`,
    `url: ${quote}${written}${quote}`,
    `urls: [${quote}${written}${quote}]`,
    `redis: { url: ${quote}${written}${quote}, tls: {} } # of ops@shop.test`,
    `redis: { url: '${written}', tls: {} }`,
    `{"redis":{"url":"${written}"},"mail":"ops@shop.test"}`,
    `- ${written}`,
    written,
  ]) {
    const hidden = usersHidden(line);
    expect(hidden).not.toContain("hunter2");
    expect(hidden).toHaveLength(line.length);
  }
});

test.each([
  "https://[2001:db8::1]:8443/users/a@b",
  "https://[2001:db8::1]/users/a@b",
  "http://shop.test:8080/users/@bob?mail=a@b.test",
  "http://shop.test/a:b@c",
  "No operation answers mailto:ops@shop.test: ask ops@shop.test.",
  '{"a":"b","n":12,"servers":[{"url":"http://shop.test:80"}],"mail":"ops@shop.test"}',
  '{"openapi":"3.1.0","servers":[{"url":"https://shop.test"}],"info":{"contact":{"email":"ops@shop.test"}}}',
  "{ url: http://shop.test:80, contact: { email: ops@shop.test } }",
  "url: http://shop.test:80 # of ops@shop.test",
  "redis: { url: redis://host.test:6379 } # of ops@shop.test",
])("nothing is hidden of the line %s", (line) => {
  expect(usersHidden(line)).toBe(line);
});

test.each([
  "http://shop.test:8080/users/@bob?mail=a@b.test",
  "https://[2001:db8::1]:8443/users/a@b",
  "https://[2001:db8::1]/users/a@b",
])("a URL without a user is shown as it is, also beside an address of mail: %s", async (url) => {
  const disk = memoryDisk(new Map([["gateway.yaml", `# see http://docs.test or ops@shop.test\n${fileWith(warmed(url))}`]]));
  const { diagnostics, sources } = await checkGateway("gateway.yaml", { disk });
  expect(diagnostics.map(({ message }) => message)).toEqual([`No operation answers GET ${url}.`]);
  expect(renderText(diagnostics, sources.files)).toContain(`urls: ['${url}']`);
});

test("the line of a URL keeps its columns where its user is hidden", async () => {
  const disk = memoryDisk(new Map([["gateway.yaml", fileWith(warmed("http://user:hunter2@shop.test/orders"))]]));
  const { diagnostics, sources } = await checkGateway("gateway.yaml", { disk });
  expect(renderText(diagnostics, sources.files)).toMatch(/urls: \['http:\/\/•{12}@shop\.test\/orders'\]/);
  expect(diagnostics.map(({ message }) => message)).toEqual([
    "`http://•••@shop.test/orders` names a user, whom clients never send.",
  ]);
});
