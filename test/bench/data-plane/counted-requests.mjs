// Sends a number of requests over eight kept connections, one at a time on each, and ends. `{n}` in the path is a number below
// `spread`, a different one each time.
import { Agent, request } from "node:http";

const { port, count, path, spread = 1, body, key } = JSON.parse(process.argv[2]);
const connections = 8;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const headers = {
  "X-Api-Key": key,
  ...(body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }),
};
const options = { agent, port, host: "127.0.0.1", method: body === undefined ? "GET" : "POST", headers };

const one = (number) =>
  new Promise((resolve, reject) => {
    const target = path.replace("{n}", String((number * 7) % spread));
    request({ ...options, path: target }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${target} was answered with ${answer.statusCode}`));
      answer.resume().on("end", resolve);
    })
      .on("error", reject)
      .end(body);
  });

let left = count;
async function work() {
  while (left-- > 0) await one(left);
}
await Promise.all(Array.from({ length: connections }, work));
agent.destroy();
process.exit(0);
