// Measures how long a real server takes, as quantiles for scenarios: `node test/simulator/record.mjs > test/simulator/recorded.json`.
// The server hashes passwords in the thread pool of Node and sorts lists in its only thread, so that short requests wait
// behind long ones, as in many services.
import { pbkdf2, randomInt } from "node:crypto";
import { Agent, createServer, get } from "node:http";

const requests = 4_000;
const points = 200;

const server = createServer((request, response) => {
  if (request.url === "/login") {
    pbkdf2("password", "salt", 20_000, 32, "sha256", () => response.end("in"));
    return;
  }
  const length = request.url === "/report" ? 60_000 : 2_000;
  const list = Array.from({ length }, () => randomInt(1_000_000)).sort((one, other) => one - other);
  response.end(JSON.stringify(list.slice(0, 50)));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

const took = [];
const ask = () =>
  new Promise((resolve, reject) => {
    const chance = randomInt(100);
    const path = chance < 3 ? "/report" : chance < 20 ? "/login" : "/list";
    const begin = performance.now();
    get({ host: "127.0.0.1", port, path, agent }, (response) => {
      response.resume().on("end", () => {
        took.push(performance.now() - begin);
        resolve();
      });
    }).on("error", reject);
  });
const all = [];
for (let count = 0; count < requests; count++) {
  all.push(ask());
  // By chance, 120 in a second on average.
  await new Promise((resolve) => setTimeout(resolve, -(1_000 / 120) * Math.log(1 - Math.random())));
}
await Promise.all(all);
server.close();
agent.destroy();

took.sort((one, other) => one - other);
const quantiles = Array.from({ length: points + 1 }, (_, index) => {
  const place = Math.min(took.length - 1, Math.round((index / points) * (took.length - 1)));
  return Number(took[place].toFixed(2));
});
console.log(JSON.stringify({ what: "milliseconds of a real Node server, by record.mjs", requests, quantiles }));
