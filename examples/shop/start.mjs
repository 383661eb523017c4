import { randomBytes } from "node:crypto";
import { runExample } from "../run-example.mjs";
import { startServices } from "./services.mjs";

const newKey = () => randomBytes(24).toString("base64url");
const { ACME_KEY = newKey(), BAZAAR_KEY = newKey(), LEDGER_KEY = newKey() } = process.env;

await runExample({
  folder: new URL("./", import.meta.url),
  startServices,
  environment: { ACME_KEY, BAZAAR_KEY, LEDGER_KEY },
  hints: (api, admin) => [
    `curl ${api}/catalog/products`,
    `curl -i ${api}/v2/orders                         # 401: no key`,
    `curl -i ${api}/v2/orders -H 'X-API-Key: ${ACME_KEY}' -H 'Content-Type: application/json' -d '{"item":"teapot","quantity":2}'`,
    `curl -i ${api}/v1/orders -H 'X-API-Key: ${ACME_KEY}'   # deprecated`,
    `curl -X POST ${api}/v2/orders/1:cancel -H 'X-API-Key: ${ACME_KEY}'`,
    `curl ${api}/v2/orders/report.csv -H 'X-API-Key: ${LEDGER_KEY}'   # another role`,
    `curl ${api}/legacy/imprint.html                  # what the old shop saw`,
    `curl ${admin}/metrics`,
  ],
});
