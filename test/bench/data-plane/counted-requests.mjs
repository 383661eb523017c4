// Sends a number of requests over eight kept connections, one at a time on each, and ends.
import { Agent, request } from "node:http";

const { port, count, path, body, key } = JSON.parse(process.argv[2]);
const connections = 8;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const headers = {
  "X-Api-Key": key,
  ...(body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }),
};
const options = { agent, port, host: "127.0.0.1", path, method: body === undefined ? "GET" : "POST", headers };

const one = () =>
  new Promise((resolve, reject) => {
    request(options, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${path} was answered with ${answer.statusCode}`));
      answer.resume().on("end", resolve);
    })
      .on("error", reject)
      .end(body);
  });

let left = count;
async function work() {
  while (left-- > 0) await one();
}
await Promise.all(Array.from({ length: connections }, work));
agent.destroy();
process.exit(0);
