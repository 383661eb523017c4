import type { CorsConfig } from "../../../runtime/policies/cors/index.ts";
import type { CorsOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { betterOrigin, isOrigin } from "../../text/origin.ts";
import { hasSetting, startValue } from "../../text/setting.ts";
import { list } from "../../text/words.ts";
import { browserFields, unmetCredentials } from "./browser-fields.ts";
import {
  anyOriginNotAlone,
  browsersCannotCall,
  credentialsAnyOrigin,
  credentialsExposeAll,
  invalidOrigin,
  nullOrigin,
} from "./messages.gen.ts";

export const cors = definePolicy<CorsOptions>({
  name: "cors",
  stages: ["admit"],
  onFailure: "closed",
  concerns: "answers",
  unmatched: true,

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
    checkAllowed(options, context);
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
        allowHeaders: allowedFields(options, context),
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

/** Where nothing will match, whatever a script asks for may come: only so it sees the 404. */
function allowedFields({ allowHeaders }: CorsOptions, context: PolicyContext): readonly string[] | "requested" {
  if (allowHeaders === "*") return "requested";
  return allowHeaders ?? browserFields(context)?.read ?? "requested";
}

/** Fields that were written and are fewer than a request needs: every preflight would fail. */
function checkAllowed({ allowHeaders }: CorsOptions, context: PolicyContext): void {
  const fields = browserFields(context);
  if (fields === undefined || allowHeaders === undefined || allowHeaders === "*") return;
  const allowed = new Set(allowHeaders.map((name) => name.toLowerCase()));
  const missing = [...fields.needed.filter((name) => !allowed.has(name.toLowerCase())), ...unmetCredentials(context, allowed)];
  if (missing.length === 0) return;
  const { operationId, origin, method, path } = context.operation!;
  context.report(
    browsersCannotCall(
      context.at("/allowHeaders"),
      {
        operation: operationId,
        fields: list([...new Set(missing)].map((name) => `\`${name}\``)),
        allowed: [...allowHeaders, ...new Set(missing)].join(", "),
      },
      { related: [{ origin, text: `${method} ${path.template}` }], alike: operationId },
    ),
  );
}
