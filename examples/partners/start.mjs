import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runExample } from "../run-example.mjs";
import { startIssuer } from "./issuer.mjs";
import { startOrders } from "./orders.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const gatewright = (...args) =>
  execFileSync(process.execPath, [here("../../dist/compiler/main.js"), ...args], { encoding: "utf8" });

mkdirSync(here(".gatewright"), { recursive: true });
if (!existsSync(here(".gatewright/revoked.json")))
  writeFileSync(here(".gatewright/revoked.json"), '{"version":1,"revoked":[]}\n');
const created = [
  "keys",
  "create",
  "--file",
  here(".gatewright/keys.json"),
  "--consumer",
  "acme",
  "--role",
  "reader",
  "--expires",
  "30d",
];
const { key } = JSON.parse(gatewright(...created, "--format", "json"));
const issuer = await startIssuer(Number(process.env.ISSUER_PORT ?? 9400));

await runExample({
  folder: new URL("./", import.meta.url),
  startServices: async () => {
    const { url, close } = await startOrders();
    return {
      environment: { ORDERS_URL: url, ISSUER: issuer.issuer },
      close() {
        close();
        issuer.close();
      },
    };
  },
  environment: {},
  hints: (api, admin) => {
    const [ada, bob] = ["ada", "bob"].map((name) => `-H 'Authorization: Bearer ${issuer.tokenFor(name)}'`);
    const inAMinute = new Date(Date.now() + 60_000).toISOString();
    const order = (quantity) =>
      `-H 'Content-Type: application/json' -d '${JSON.stringify({ item: "teapot", quantity })}' ${api}/v1/orders`;
    return [
      `curl -i ${api}/v1/orders                    # 401: who is it?`,
      `curl -i ${api}/v1/orders -H 'X-Api-Key: ${key}'   # a partner reads`,
      `curl -i ${bob} ${order(11)}   # 403: more than ten are for gold customers`,
      `curl -i ${ada} ${order(11)}   # 201`,
      `npx gatewright revocations add sub bob --issued-before ${inAMinute} --file examples/partners/.gatewright/revoked.json`,
      `curl -i ${bob} ${api}/v1/orders   # 401 two seconds later`,
      `curl ${admin}/status`,
    ];
  },
});
