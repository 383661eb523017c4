import type { CorsConfig } from "../../../runtime/policies/cors/index.ts";
import type { CorsOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { betterOrigin, isOrigin } from "../../text/origin.ts";
import { hasSetting, startValue } from "../../text/setting.ts";
import { anyOriginNotAlone, credentialsAnyOrigin, credentialsExposeAll, invalidOrigin, nullOrigin } from "./messages.gen.ts";

export const cors = definePolicy<CorsOptions>({
  name: "cors",
  stages: ["admit"],
  onFailure: "closed",
  concerns: "answers",

  check(options, context) {
    const anyOrigin = options.origins.indexOf("*");
    if (anyOrigin >= 0 && options.origins.length > 1) context.report(anyOriginNotAlone(context.at(`/origins/${anyOrigin}`)));
    if (anyOrigin >= 0 && options.credentials) context.report(credentialsAnyOrigin(context.at("/credentials")));
    if (options.exposeHeaders === "*" && options.credentials) context.report(credentialsExposeAll(context.at("/exposeHeaders")));
    for (const [index, origin] of options.origins.entries()) {
      if (origin === "*" || hasSetting(origin)) continue;
      const at = context.at(`/origins/${index}`);
      if (origin === "null") context.report(nullOrigin(at));
      else if (!isOrigin(origin)) context.report(invalidOrigin(at, { origin, suggestion: betterOrigin(origin) }));
    }
  },

  lower(options, context) {
    const isAny = options.origins.includes("*");
    const method = context.operation?.method ?? "*";
    return call<CorsConfig>(
      "policies/cors",
      "createCors",
      {
        origins: isAny ? "any" : options.origins.map((origin, index) => startValue(origin, context.at(`/origins/${index}`))),
        methods: options.methods ?? (method === "*" ? "requested" : method === "GET" ? ["GET", "HEAD"] : [method]),
        allowHeaders: options.allowHeaders === "*" ? "requested" : options.allowHeaders,
        exposeHeaders: options.exposeHeaders === "*" ? ["*"] : options.exposeHeaders,
        credentials: options.credentials,
        maxAge: Math.floor(parseDuration(options.maxAge) / 1000),
      },
      {
        hooks: ["preflight", "response"],
        fields: { request: ["origin"], response: ["access-control-*", "vary"] },
        summary: `origins ${options.origins.join(", ")}${options.credentials ? ", with credentials" : ""}`,
      },
    );
  },
});
