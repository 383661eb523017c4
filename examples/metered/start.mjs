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
    const ask = `-H 'Content-Type: application/json' -d '{"messages":[{"role":"user","content":"one two three"}]}'`;
    const stream = ask.replace(`{"messages"`, `{"stream":true,"messages"`);
    return [
      `curl -i ${api}/v1/chat/completions -H 'X-Api-Key: ${BOB_KEY}' ${ask}   # RateLimit: what is left of 10,000 tokens`,
      `curl -iN ${api}/v1/chat/completions -H 'X-Api-Key: ${BOB_KEY}' ${stream}   # a stream, charged at its end`,
      `curl -i ${api}/v1/chat/completions -H 'X-Api-Key: ${ADA_KEY}' ${ask}   # gold: 1,000,000`,
      `curl ${admin}/limits/tokens/keys/bob   # what bob has used`,
      `curl -X DELETE ${admin}/limits/tokens/keys/bob -H 'Authorization: Bearer ${ADMIN_KEY}'   # a new day for bob`,
    ];
  },
});
