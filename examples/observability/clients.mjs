// Clients of the gateway: most of them do the right thing.
import { setTimeout as pause } from "node:timers/promises";

const url = process.env.GATEWAY_URL ?? "http://localhost:8080";
const requests = [
  ["GET", "/orders"],
  ["GET", "/orders?page=2"],
  ["GET", "/orders/7"],
  ["POST", "/orders"],
  ["GET", "/orders?page=none"], // 400
  ["GET", "/elsewhere"], // 404
];
process.on("SIGTERM", () => process.exit(0));
for (let index = 0; ; index++) {
  const [method, path] = requests[index % 10 < 8 ? index % 4 : 4 + (index % 2)];
  await fetch(url + path, { method })
    .then((answer) => answer.arrayBuffer())
    .catch(() => {});
  await pause(20);
}
