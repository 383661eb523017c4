// Prints nanoseconds per match for matchers of 10 to 10,000 operations, and the ratio to the smallest.
// Usage: npm run -s build && node test/bench/route-match.mjs
//
// Every figure is taken over 16,384 requests in random order whose path strings are all distinct objects, whatever the
// number of operations: requests differ from set to set only in how many operations they are spread over.
import { performance } from "node:perf_hooks";
import { planRouteTree } from "../../dist/compiler/phases/4-plan/route-tree.js";
import { printMatcher } from "../../dist/compiler/phases/5-emit/matcher.js";
import { parsePathTemplate } from "../../dist/compiler/routing/path-template.js";

const requestCount = 16_384;
const words = "order invoice customer shipment payment product price stock store cart review coupon refund account address".split(
  " ",
);
const kinds = "items lines notes events tags members files links states rules".split(" ");

/** Eight operations a resource, as a REST API has them. */
function restLike(count) {
  const routes = [];
  for (let index = 0; routes.length < count; index++) {
    const name = `${words[index % words.length]}-${words[(index * 7 + 3) % words.length]}${index < 100 ? "" : `-${Math.floor(index / 100)}`}s`;
    const resource = `/v1/${name}${routes.some(({ template }) => template === `/v1/${name}`) ? index : ""}`;
    const part = `${resource}/{id}/${kinds[index % kinds.length]}`;
    routes.push(
      { method: "GET", template: resource },
      { method: "GET", template: `${resource}/{id}` },
      { method: "POST", template: resource },
      { method: "PUT", template: `${resource}/{id}` },
      { method: "DELETE", template: `${resource}/{id}` },
      { method: "GET", template: part },
      { method: "POST", template: part },
      { method: "GET", template: `${part}/{partId}` },
    );
  }
  return routes.slice(0, count);
}

/** Literal siblings only. */
const flat = (count) =>
  Array.from({ length: count }, (_, index) => ({ method: "GET", template: `/${words[index % words.length]}${index * 37}` }));

async function compile(routes) {
  const operations = routes.map(({ method, template }) => ({
    match: {
      method,
      path: { segments: parsePathTemplate(template, { wildcards: false }).segments, template },
      hosts: [],
      headers: [],
      query: [],
    },
  }));
  const started = performance.now();
  const { text } = printMatcher(planRouteTree(operations, { trailingSlash: "strict" }), (operation) => `operation${operation}`);
  const printed = performance.now() - started;
  const declared = operations.map((_, index) => `const operation${index} = { index: ${index} };`).join("\n");
  const { match } = await import(`data:text/javascript;base64,${Buffer.from(`${declared}\n${text}`).toString("base64")}`);
  return { match, text, printed };
}

/** xorshift32: the same requests in every run. */
function random(seed) {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function requestsFor(routes, indices) {
  const next = random(88_675_123);
  return Array.from({ length: requestCount }, () => {
    const index = indices[next(indices.length)];
    const { method, template } = routes[index];
    const path = template.replace(/\{[^}]*\}/g, () => String(1_000_000 + next(9_000_000)));
    // Flat strings of their own, as a parser makes them.
    return { index, method, x: { path: Buffer.from(path).latin1Slice(), host: "shop.example", query: "", headers: null } };
  });
}

function verify(match, requests) {
  for (const { index, method, x } of requests) {
    if (match(x, method)?.index !== index) throw new Error(`${method} ${x.path} went to another operation`);
  }
}

/** Nanoseconds per match in one round. */
function round(match, requests) {
  let missed = 0;
  const started = performance.now();
  for (let pass = 0; pass < 4; pass++) {
    for (let at = 0; at < requests.length; at++) if (match(requests[at].x, requests[at].method) === null) missed++;
  }
  const elapsed = performance.now() - started;
  if (missed > 0) throw new Error(`${missed} requests found no operation`);
  return (elapsed * 1e6) / (4 * requests.length);
}

const all = (routes) => routes.map((_, index) => index);
const sets = [
  ...[10, 100, 1_000, 10_000].map((count) => ({
    name: `REST-like, ${count.toLocaleString("en")} operations`,
    routes: restLike(count),
  })),
  { name: "flat, 10 literal siblings", routes: flat(10) },
  { name: "flat, 10,000 literal siblings", routes: flat(10_000) },
];
const subjects = [];
for (const { name, routes } of sets) {
  const { match, text, printed } = await compile(routes);
  const spread = requestsFor(routes, all(routes));
  const hot = requestsFor(
    routes,
    all(routes).filter((index) => index % Math.ceil(routes.length / 20) === 0),
  );
  verify(match, spread);
  verify(match, hot);
  subjects.push({ name, count: routes.length, match, text, printed, spread, hot, spreadBest: Infinity, hotBest: Infinity });
}

// Rounds take turns, so that a busy moment of the machine does not fall on one matcher.
for (let turn = 0; turn < 60; turn++) {
  for (const subject of subjects) {
    subject.spreadBest = Math.min(subject.spreadBest, round(subject.match, subject.spread));
    subject.hotBest = Math.min(subject.hotBest, round(subject.match, subject.hot));
  }
}

console.log("| Matcher | ns / match | ratio to 10 | hot 20 operations | text | plan and print |\n|---|--:|--:|--:|--:|--:|");
let ten = 1;
for (const { name, count, text, printed, spreadBest, hotBest } of subjects) {
  if (count === 10) ten = spreadBest;
  const figures = [
    spreadBest.toFixed(0),
    (spreadBest / ten).toFixed(2),
    hotBest.toFixed(0),
    `${(text.length / 1000).toFixed(0)} kB`,
    `${printed.toFixed(0)} ms`,
  ];
  console.log(`| ${name} | ${figures.join(" | ")} |`);
}
