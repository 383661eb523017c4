import type { Json } from "../../life/json.ts";
import { type LogLevel, logging, logLevels } from "../../log/level.ts";
import type { AdminRoute } from "../route.ts";
import type { AdminSource } from "../source.ts";

const schema: Json = {
  type: "object",
  required: ["level"],
  additionalProperties: false,
  properties: { level: { type: "string", enum: logLevels } },
};
const content: Json = { "application/json": { schema } };
const responses = { 200: { description: "The level as it is now.", content } };

/** `/log-level`: what the gateway writes to standard error about itself. */
export const logLevelRoutes = (source: AdminSource): AdminRoute[] => [
  {
    method: "GET",
    path: "/log-level",
    from: "holder",
    describe: { operationId: "getLogLevel", summary: "The least that is written to standard error", responses },
    answer: now,
  },
  {
    method: "PUT",
    path: "/log-level",
    from: "holder",
    describe: {
      operationId: "setLogLevel",
      summary: "Changes it in all workers, until the gateway is started again",
      requestBody: { required: true, content },
      responses,
    },
    answer: ({ body }) => {
      // Validated by the schema above.
      source.setLogLevel((body as { readonly level: LogLevel }).level);
      return now();
    },
  },
];

const now = () => ({ status: 200, json: { level: logging.level } });
