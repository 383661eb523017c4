import { expect, it } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const gateway = (cache: string, others: string): string => `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { files: { endpoints: [http://127.0.0.1:9001] }, beta: { endpoints: [http://127.0.0.1:9002] } }
routes:
  files: { match: { path: "/files/*" }, service: files, policies: { public: sample, cache: { ttl: 30s, ${cache} }, ${others} } }
`;

/** What is also to be said of some of the samples. */
const besides: readonly string[] = ["check/unused-service", "expressions/may-be-absent"];

const found = async (cache: string, others: string): Promise<readonly string[]> => {
  const { diagnostics } = await checkGateway(`${temporaryFolder({ "gateway.yaml": gateway(cache, others) })}/gateway.yaml`);
  return diagnostics.filter(({ code }) => !besides.includes(code)).map(({ code, message }) => `${code}: ${message}`);
};

const beta = `'x-beta' in request.headers && request.headers['x-beta'] == '1'`;
const orEmpty = `'x-beta' in request.headers ? request.headers['x-beta'] : ''`;
const rewrite = (rest: string): string => `rewrite: { ${rest} }`;
const otherwise = (inputs: string): readonly string[] => [
  `cache/asked-otherwise: \`rewrite\` asks the service of files for something else by ${inputs}, whose value the \`key\` of \`cache\` does not have.`,
];

it.each([
  [
    "a condition over a field",
    "fields: []",
    rewrite(`path: "/beta/{*}", when: "${beta}"`),
    otherwise("`request.headers['x-beta']`"),
  ],
  [
    "a field in the query",
    "",
    rewrite(`query: { set: { as: { expression: "${beta} ? 'beta' : ''" } } }`),
    otherwise("`request.headers['x-beta']`"),
  ],
  [
    "any field",
    "",
    rewrite(`path: "/beta/{*}", when: "request.headers.exists(name, name == 'x-beta')"`),
    otherwise("`request.headers`"),
  ],
  [
    "a field that the key reads for a choice",
    `key: ["'x-beta' in request.headers ? 'b' : ''"]`,
    rewrite(`query: { set: { as: { expression: "request.headers['x-beta']" } } }`),
    otherwise("`request.headers['x-beta']`"),
  ],
  [
    "a field of which the key knows something else",
    `key: ["${beta} ? 'beta' : ''"]`,
    rewrite(`path: "/beta/{*}", when: "request.headers['x-beta'] == '2'"`),
    otherwise("`request.headers['x-beta']`"),
  ],
  [
    "a field that the key takes for empty where there is none",
    `key: ["${orEmpty}"]`,
    rewrite(`path: "/beta/{*}", when: "'x-beta' in request.headers"`),
    otherwise("`request.headers['x-beta']`"),
  ],
  [
    "the same compared with nothing",
    `key: ["${orEmpty}"]`,
    rewrite(`path: "/beta/{*}", when: "'x-beta' in request.headers && request.headers['x-beta'] == ''"`),
    otherwise("`request.headers['x-beta']`"),
  ],
  [
    "a choice of two texts that are one",
    `key: ["${beta} ? 'beta' : 'beta'"]`,
    rewrite(`path: "/beta/{*}", when: "${beta}"`),
    otherwise("`request.headers['x-beta']`"),
  ],
  ["an address", "", rewrite(`query: { set: { ip: { expression: peer.ip } } }`), otherwise("`peer.ip`")],
  [
    "a parameter that is not in the key",
    "query: [page]",
    rewrite(`path: "/beta/{*}", when: "'beta' in request.query"`),
    otherwise("`request.query['beta']`"),
  ],
])(
  "what clients choose of a request to the service is in the key of a cache, or the build stops: %s",
  async (_, cache, others, expected) => {
    expect(await found(cache, others)).toEqual(expected);
  },
);

it.each([
  ["the field is in the key", `key: ["${beta} ? 'beta' : ''"]`, rewrite(`path: "/beta/{*}", when: "${beta}"`)],
  ["its value is", `key: ["request.headers['x-beta']"]`, rewrite(`path: "/beta/{*}", when: "${beta}"`)],
  [
    "its value is, and is set in the query",
    `key: ["request.headers['x-beta']"]`,
    rewrite(`query: { set: { as: { expression: "request.headers['X-Beta']" } } }`),
  ],
  ["its value is, or empty, and a value is asked for", `key: ["${orEmpty}"]`, rewrite(`path: "/beta/{*}", when: "${beta}"`)],
  [
    "its value is, or empty, in the query too",
    `key: ["has(request.headers.x) ? string(request.headers.x) : ''"]`,
    rewrite(`query: { set: { as: { expression: "'x' in request.headers ? request.headers['x'] : ''" } } }`),
  ],
  ["the condition is, as a text", `key: ["string(${beta})"]`, rewrite(`path: "/beta/{*}", when: "${beta}"`)],
  ["the address is", "key: [peer.ip]", rewrite(`query: { set: { ip: { expression: peer.ip } } }`)],
  ["so is the query", "", rewrite(`path: "/beta/{*}", when: "'beta' in request.query"`)],
  ["so is what `query` names of it", "query: [beta]", rewrite(`path: "/beta/{*}", when: "'beta' in request.query"`)],
  [
    "so are path, host and method",
    "",
    rewrite(`path: "/x/{*}", when: "request.path != '/files/a' && request.host != 'b' && request.method == 'GET'"`),
  ],
  ["so is the service that is chosen", "", `routeTo: [{ when: "${beta}", service: beta }]`],
  ["nobody chooses a constant", "", rewrite(`stripPrefix: /files, query: { set: { v: "2" }, remove: [debug] }`)],
  ["the service is told it in a field", "", `headers: { request: { set: { X-Address: { expression: peer.ip } } } }`],
])("it builds where %s", async (_, cache, others) => {
  expect(await found(cache, others)).toEqual([]);
});

it("a key that looks at all fields tells none of them apart", async () => {
  const any = "request.headers.exists(name, name == 'x-beta') ? 'some' : 'none'";
  expect(await found(`key: ["${any}"]`, rewrite(`path: "/beta/{*}", when: "${beta}"`))).toEqual(
    otherwise("`request.headers['x-beta']`"),
  );
});
