// Sends requests at a constant rate with credentials of a kind that are wrong, each another one, while it is told to; says how
// many it has sent when it is told to stop.
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

let kind;
let begun = 0;
let sent = 0;
process.on("message", (said) => {
  if (said === "stop") {
    kind = undefined;
    process.send({ sent });
    return;
  }
  kind = kinds[said];
  begun = performance.now();
  sent = 0;
});
setInterval(() => {
  if (kind === undefined) return;
  const due = Math.floor(((performance.now() - begun) * rate) / 1_000);
  // What the machine has kept it from sending is not made up for all at once.
  for (const most = sent + rate / 20; sent < due && sent < most; sent++)
    request({ port, host: "127.0.0.1", agent, headers: kind() }, (answer) => answer.resume())
      .on("error", () => {})
      .end();
}, 5);
