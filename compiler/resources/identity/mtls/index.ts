import type { MtlsConfig } from "../../../../runtime/identity/mtls/index.ts";
import type { MtlsRuleConfig } from "../../../../runtime/identity/mtls/rules.ts";
import type { MtlsName, MtlsOptions, MtlsRule } from "../../../../schema/resources.gen.ts";
import type { Lowered } from "../../../ir/config.ts";
import { create, defineResource, type SchemeContext } from "../../../resource/contract.ts";
import { parseBlock } from "../../../text/cidr.ts";
import { quotedString } from "../../../text/key-place.ts";
import { count } from "../../../text/words.ts";
import { ruleForEverybody, ruleNeverMatches } from "./messages.gen.ts";

export const mtlsScheme = defineResource<MtlsOptions, "identity">({
  room: "identity",
  name: "mtls",
  implements: ["mutualTLS"],

  check({ rules = [], subject }, context) {
    for (const [index, rule] of rules.entries()) {
      if (conditionsOf(rule).length === 0) context.report(ruleForEverybody(context.at(`/rules/${index}`), {}));
      for (const [name, problem] of Object.entries(unmatchable(rule)))
        context.report(ruleNeverMatches(context.at(`/rules/${index}/${name}`), { name, problem }));
      if (rule.uri !== undefined && rule.spiffe !== undefined && !rule.uri.startsWith("spiffe://"))
        reportTwoUris(`/rules/${index}/uri`, context);
      if (subject === "spiffe" && rule.uri !== undefined && !rule.uri.startsWith("spiffe://") && rule.spiffe === undefined)
        reportTwoUris(`/rules/${index}/uri`, context);
    }
  },

  grants: ({ rules = [] }) => ({
    roles: rules.flatMap(({ roles }) => roles),
    scopes: rules.flatMap(({ scopes }) => scopes),
  }),

  lower({ rules = [], subject }, context) {
    const challenge = `ClientCertificate realm=${quotedString(context.name)}`;
    const rest = rules.length === 0 ? "any that is valid" : count(rules.length, "rule");
    return {
      ...create<MtlsConfig>("identity/mtls/index", "createMtls", {
        name: context.name,
        challenge,
        subject,
        rules: rules.map(lowerRule),
      }),
      async: false,
      challenge,
      needsClientCertificate: true,
      passesAll: true,
      ends: true,
      tells: { claims, issuer: "always" },
      summary: `client certificate, ${rest}; subject is ${subject}`,
    };
  },
});

const reportTwoUris = (pointer: string, context: SchemeContext): void =>
  context.report(
    ruleNeverMatches(context.at(pointer), {
      name: "uri",
      problem: "A SPIFFE id is the only URI of its certificate, so this one cannot be there beside it.",
    }),
  );

const conditionsOf = ({ roles: _roles, scopes: _scopes, ...conditions }: MtlsRule): string[] =>
  Object.values(conditions).filter((condition) => condition !== undefined) as string[];

/** What no certificate has, by option. */
function unmatchable({ dns, email, ip, spiffe }: MtlsRule): Record<string, string> {
  const block = ip === undefined ? undefined : parseBlock(ip);
  return {
    ...(dns !== undefined && !/^(\*\.)?[\w-]+(\.[\w-]+)*$/.test(dns)
      ? { dns: "It is not a host name. Write one such as `orders.example.com`, or `*.example.com` for one label." }
      : {}),
    ...(email !== undefined && !/^[^@*\s]+@[^@*\s]+$|^\*@[^@*\s]+$/.test(email)
      ? { email: "It is not an e-mail address. Write one such as `ops@example.com`, or `*@example.com` for all of a host." }
      : {}),
    ...(block?.hasHostBits === true ? { ip: `It has bits behind its prefix. Write \`${block.network}\`.` } : {}),
    ...(spiffe !== undefined && !/^spiffe:\/\/[\d._a-z-]+(\/[\w.-]+)*(\/\*)?$/.test(spiffe)
      ? { spiffe: "It is not a SPIFFE id. Write one such as `spiffe://example.com/orders`; the trust domain has no upper case." }
      : {}),
  };
}

/** Short names of RFC 4514. */
const shortNames = { commonName: "CN", organization: "O", organizationalUnit: "OU", country: "C" } as const;

const nameOf = (name: MtlsName): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(shortNames).flatMap(([long, short]) => {
      const value = name[long as keyof typeof shortNames];
      return value === undefined ? [] : [[short, value]];
    }),
  );

function lowerRule({ dns, uri, email, ip, spiffe, subject, issuer, roles, scopes }: MtlsRule): Lowered<MtlsRuleConfig> {
  return {
    ...(dns === undefined ? {} : { dns: dns.toLowerCase() }),
    ...(uri === undefined ? {} : { uri }),
    ...(email === undefined ? {} : { email }),
    ...(ip === undefined ? {} : { ip }),
    ...(spiffe === undefined ? {} : { spiffe }),
    ...(subject === undefined ? {} : { subject: nameOf(subject) }),
    ...(issuer === undefined ? {} : { issuer: nameOf(issuer) }),
    roles,
    scopes,
  };
}

const text = { type: "string" };
const texts = { type: "array", items: text };
const name = {
  type: "object",
  required: ["distinguishedName", "organization", "organizationalUnit"],
  properties: { distinguishedName: text, commonName: text, organization: texts, organizationalUnit: texts },
  additionalProperties: false,
};

/** What `claimsOf` of the run-time library makes. */
const claims = {
  type: "object",
  required: ["subject", "issuer", "serial", "fingerprint", "dns", "uri", "email", "ip"],
  properties: {
    subject: name,
    issuer: name,
    serial: text,
    fingerprint: text,
    dns: texts,
    uri: texts,
    email: texts,
    ip: texts,
    spiffe: text,
  },
  additionalProperties: false,
};
