// Runs the tests of a suite through one cache, and prints the results as JSON. A process of its own: the client of the suite keeps
// its results in its modules. Usage: node client.mjs SUITE BASE [further]
import { request } from "node:http";
import { partOf, proxyTests } from "./suite.mjs";

const [root, base, further] = process.argv.slice(2);

/** As much of `fetch` as the suite uses: nothing is added to the fields, followed, decoded or cached. */
function plainFetch(address, { method = "GET", headers = [], body } = {}) {
  const { hostname, port, pathname, search } = new URL(address);
  return new Promise((resolve, reject) => {
    const lines = {};
    for (const [name, value] of headers) (lines[name] ??= []).push(String(value));
    const outgoing = request({ hostname, port, path: pathname + search, method, headers: lines, agent: false }, (incoming) => {
      const chunks = [];
      const fields = new Headers();
      for (let at = 0; at < incoming.rawHeaders.length; at += 2)
        fields.append(incoming.rawHeaders[at], incoming.rawHeaders[at + 1]);
      incoming.on("data", (chunk) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({
          status: incoming.statusCode,
          statusText: incoming.statusMessage,
          headers: fields,
          text: async () => `${Buffer.concat(chunks)}`,
        }),
      );
    });
    outgoing.setTimeout(20_000, () => outgoing.destroy(new Error("no answer within 20 s")));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const { runTests, getResults } = await import(partOf(root, "client/runner.mjs"));
const log = console.log;
// The suite prints what its author looks for; only results are for us.
console.log = () => {};
// Later states of the suite use the global `fetch`, and say so by taking one argument less.
const tests = await proxyTests(root, further === "further");
await (runTests.length > 3 ? runTests(tests, plainFetch, false, base, 40) : runTests(tests, false, base, 40));
log(JSON.stringify(getResults()));
