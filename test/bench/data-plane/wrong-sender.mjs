// Sends requests with credentials of a kind that are wrong, each another one.
import crypto from "node:crypto";
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 2_500 });
const { port, rate, token } = JSON.parse(process.argv[2]);
const random = (bytes) => crypto.randomBytes(bytes).toString("base64url");
const signed = token.slice(0, token.lastIndexOf("."));
const kinds = {
  none: () => ({}),
  apiKey: () => ({ "X-Api-Key": `wrong-${random(20)}` }),
  jwt: () => ({ Authorization: `Bearer ${signed}.${random(256)}` }),
  introspection: () => ({ Authorization: `Bearer ${random(30)}` }),
  basic: () => ({ Authorization: `Basic ${Buffer.from(`ann:${random(9)}`).toString("base64")}` }),
};

// At most so many a second, and as many as it is told; tells when all of them were answered.
process.on("message", ({ kind, count }) => {
  const headersOf = kinds[kind];
  const begun = performance.now();
  let sent = 0;
  let left = count;
  const over = () => {
    if (--left === 0) process.send({ took: performance.now() - begun });
  };
  const timer = setInterval(() => {
    const due = Math.min(count, Math.ceil(((performance.now() - begun) * rate) / 1_000));
    // What the machine has kept it from sending is not made up for all at once.
    for (const most = sent + rate / 20; sent < due && sent < most; sent++)
      request({ port, host: "127.0.0.1", agent, headers: headersOf() }, (answer) => answer.resume().on("end", over))
        .on("error", over)
        .end();
    if (sent === count) clearInterval(timer);
  }, 5);
});
