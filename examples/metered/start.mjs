import { randomBytes } from "node:crypto";
import { runExample } from "../run-example.mjs";
import { startModel } from "./model.mjs";

const newKey = () => randomBytes(24).toString("base64url");
const { ADA_KEY = newKey(), BOB_KEY = newKey(), ADMIN_KEY = newKey() } = process.env;

await runExample({
  folder: new URL("./", import.meta.url),
  startServices: async () => {
    const { url, close } = await startModel();
    return { environment: { MODEL_URL: url }, close };
  },
  environment: { ADA_KEY, BOB_KEY, ADMIN_KEY },
  hints: (api, admin) => {
    const call = (key, body, path = "chat/completions") =>
      `curl -iN ${api}/v1/${path} -H 'X-Api-Key: ${key}' -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
    const messages = [{ role: "user", content: "one two three" }];
    return [
      `${call(BOB_KEY, { messages })}   # RateLimit: 10,000 tokens, of which 1,000 are reserved`,
      `${call(BOB_KEY, { messages, stream: true })}   # a stream: the first answer has cost 6`,
      `${call(ADA_KEY, { messages })}   # gold: 1,000,000`,
      `curl ${admin}/stores/default/limits   # the limits that the store counts`,
      `curl ${admin}/status`,
    ];
  },
});
