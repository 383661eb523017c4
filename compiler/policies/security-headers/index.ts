import type { SecurityHeadersConfig } from "../../../runtime/policies/security-headers/index.ts";
import type { SecurityHeadersOptions } from "../../../schema/policies.gen.ts";
import type { StartValueIr } from "../../ir/config.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { invalidFieldValue } from "../../text/field.ts";
import { startValue } from "../../text/setting.ts";
import { invalidValue, noMaxAge } from "./messages.gen.ts";

/** Options and the fields they stand for, in the order in which they are sent. */
const fieldNames = {
  contentTypeOptions: "X-Content-Type-Options",
  frameOptions: "X-Frame-Options",
  contentSecurityPolicy: "Content-Security-Policy",
  referrerPolicy: "Referrer-Policy",
  crossOriginResourcePolicy: "Cross-Origin-Resource-Policy",
  permissionsPolicy: "Permissions-Policy",
  strictTransportSecurity: "Strict-Transport-Security",
} as const;
type FieldOption = keyof typeof fieldNames;
const fieldOptions = Object.keys(fieldNames) as readonly FieldOption[];

/** For data: a page could load nothing. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'";
const written = (options: SecurityHeadersOptions, option: FieldOption): string =>
  option === "contentSecurityPolicy" ? (options.contentSecurityPolicy ?? dataPolicy) : options[option];

export const securityHeaders = definePolicy<SecurityHeadersOptions>({
  name: "securityHeaders",
  stages: ["admit"],
  onFailure: "closed",
  concerns: "answers",
  unmatched: true,

  check(options, context) {
    for (const option of fieldOptions) {
      const problem = invalidFieldValue(written(options, option));
      if (problem !== undefined) context.report(invalidValue(context.at(`/${option}`), { field: fieldNames[option], problem }));
    }
    const transport = options.strictTransportSecurity;
    if (transport !== "off" && !transport.includes("${env:") && !/(^|;)\s*max-age\s*=\s*("\d+"|\d+)\s*(;|$)/i.test(transport)) {
      context.report(noMaxAge(context.at("/strictTransportSecurity")));
    }
  },

  weakness: (_, { lowered }) => (lowered.kind === "nothing" ? "each of its fields is off" : undefined),

  lower(options, context) {
    const sent = fieldOptions.filter((option) => written(options, option) !== "off");
    const field = (option: FieldOption): { readonly name: string; readonly value: StartValueIr | string } => ({
      name: fieldNames[option],
      value: startValue(written(options, option), context.at(`/${option}`)),
    });
    if (sent.length === 0 && options.remove.length === 0) return { kind: "nothing" };
    const sparesPages = options.contentSecurityPolicy === undefined;
    const names = sent.map((option) =>
      sparesPages && option === "contentSecurityPolicy" ? `${fieldNames[option]} (not on pages)` : fieldNames[option],
    );
    return call<SecurityHeadersConfig>(
      "policies/security-headers",
      sparesPages ? "createDataSecurityHeaders" : "createSecurityHeaders",
      {
        fields: sent.filter((option) => option !== "strictTransportSecurity").map(field),
        secureFields: sent.filter((option) => option === "strictTransportSecurity").map(field),
        remove: options.remove,
        replace: options.replace,
      },
      {
        hooks: ["response"],
        fields: { response: [...sent.map((option) => fieldNames[option]), ...options.remove] },
        summary: sent.length === 0 ? `without ${options.remove.join(", ")}` : names.join(", "),
      },
    );
  },
});
