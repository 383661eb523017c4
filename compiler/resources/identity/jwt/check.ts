import type { JwtOptions } from "../../../../schema/resources.gen.ts";
import type { SchemeContext } from "../../../resource/contract.ts";
import { urlToCheck } from "../../../resource/start-url.ts";
import { parsePath, pathRemedy } from "../../../text/claim-path.ts";
import { hasReference } from "../../../text/claims-schema.ts";
import { parseDuration } from "../../../text/formats.ts";
import { unusableKeyName } from "../../../text/key-place.ts";
import { isPlainUrl } from "../../../text/plain-url.ts";
import { list } from "../../../text/words.ts";
import { misfitOf } from "./algorithms.ts";
import { type Issuer, issuersOf, tenantPart } from "./issuers.ts";
import {
  algorithmMisfit,
  audienceWildcard,
  claimReference,
  issuerNeeded,
  keysTwice,
  longLeeway,
  notDiscoverable,
  plainUrl,
  privateKey,
  queryForwarded,
  sameIssuer,
  shortTime,
  tenantsMisfit,
  unusableName,
  unusablePath,
  unusableUrl,
} from "./messages.gen.ts";
import { placeOf } from "./place.ts";

/** What the JSON Schema cannot say. */
export function check(options: JwtOptions, context: SchemeContext): void {
  checkWhose(options, context);
  const misfit = misfitOf(options);
  if (misfit !== undefined) checkAlgorithms(misfit, options, context);
  const seen = new Map<string, Issuer>();
  for (const issuer of issuersOf(options)) {
    const before = seen.get(issuer.issuer);
    seen.set(issuer.issuer, issuer);
    if (before !== undefined) {
      const related = [{ origin: context.at(`${before.pointer}/issuer`), text: "here first" }];
      context.report(sameIssuer(context.at(`${issuer.pointer}/issuer`), { issuer: issuer.issuer }, { related }));
    }
    checkIssuer(issuer, context);
  }
  for (const [name, path] of Object.entries(options.identity))
    if (parsePath(path) === undefined) {
      const values = { path: String(path), remedy: pathRemedy(String(path)) };
      context.report(unusablePath(context.at(`/identity/${name}`), values));
    }
  if ([options.audience].flat().includes("*")) context.report(audienceWildcard(context.at("/audience"), {}));
  for (const [claim, schema] of Object.entries(options.claims ?? {}))
    if (hasReference(schema))
      context.report(claimReference(context.at(`/claims/${claim.replaceAll("~", "~0").replaceAll("/", "~1")}`), { claim }));
  for (const option of ["refresh", "cooldown", "maxStale"] as const)
    if (parseDuration(options[option]) < 1_000)
      context.report(shortTime(context.at(`/${option}`), { option, value: options[option] }));
  if (parseDuration(options.leeway) > longestLeeway)
    context.report(longLeeway(context.at("/leeway"), { leeway: options.leeway }));
  checkPlace(options, context);
}

/** Milliseconds: "no more than a few minutes" (RFC 7519 §4.1.4). */
const longestLeeway = 300_000;

function checkWhose(options: JwtOptions, context: SchemeContext): void {
  const { issuer, issuers, discovery, jwks, tenants, secret } = options;
  const own = Object.entries({ issuer, discovery, jwks, tenants, secret }).find(([, value]) => value !== undefined);
  if (issuers === undefined ? issuer !== undefined : own === undefined) return;
  const both = issuers === undefined || own === undefined ? "" : `, and has \`issuers\` and \`${own[0]}\``;
  context.report(issuerNeeded(both === "" ? context.origin : context.at(`/${own![0]}`), { both }));
}

function checkAlgorithms(algorithm: string, { algorithms = [], secret }: JwtOptions, context: SchemeContext): void {
  const keys = secret === undefined ? "public keys" : "a shared secret";
  const remedy =
    secret === undefined
      ? "Remove it, or give the secret that the issuer shares with the gateway: `secret: { env: JWT_SECRET }`."
      : "Remove it, or remove `secret`: public keys are found by discovery, or named with `jwks`.";
  context.report(
    algorithmMisfit(context.at(`/algorithms/${algorithms.indexOf(algorithm as never)}`), { algorithm, keys, remedy }),
  );
}

function checkIssuer(issuer: Issuer, context: SchemeContext): void {
  const { issuer: name, discovery, jwks, secret, tenants, pointer } = issuer;
  const [one, other] = Object.entries({ secret, jwks, discovery }).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (other !== undefined)
    context.report(keysTwice(context.at(`${pointer}/${other}`), { issuer: name, one: `\`${one}\``, other: `\`${other}\`` }));
  const [document] = /\/\.well-known\/.*$/.exec(name) ?? [];
  if (document !== undefined) {
    const reason = "it is the URL of metadata, and not what tokens have in `iss`";
    const remedy = `Write \`${name.slice(0, -document.length)}\`, if that is what tokens have in \`iss\`. Where the metadata is elsewhere, \`discovery\` names it.`;
    context.report(notDiscoverable(context.at(`${pointer}/issuer`), { issuer: name, reason, remedy }));
    return;
  }
  const [, everybody] = /^https:\/\/login\.microsoftonline\.com\/(common|organizations|consumers)\//.exec(name) ?? [];
  if (everybody !== undefined) {
    const what = `\`${name}\` is in no token: \`${everybody}\` stands for many tenants`;
    const remedy = `Write \`${name.replace(everybody, tenantPart)}\`, and list the tenants whose tokens count: \`tenants: [9188040d-6c67-4c5b-b112-36a304b66dad]\`.`;
    context.report(tenantsMisfit(context.at(`${pointer}/issuer`), { what, remedy }));
  } else if (name.includes(tenantPart) !== (tenants !== undefined)) {
    const isTemplate = tenants === undefined;
    const what = isTemplate ? `\`${name}\` stands for the issuers of all tenants` : `\`${name}\` has no place for a tenant`;
    const remedy = isTemplate
      ? "List the tenants whose tokens count: `tenants: [9188040d-6c67-4c5b-b112-36a304b66dad]`."
      : "Write `{tenantid}` where the tenant is, or remove `tenants`.";
    context.report(tenantsMisfit(context.at(`${pointer}/${isTemplate ? "issuer" : "tenants"}`), { what, remedy }));
  }
  if (jwks !== undefined && "keys" in jwks) checkInlineKeys(jwks.keys, `${pointer}/jwks/keys`, context);
  if (jwks !== undefined && "uri" in jwks) checkUrl(jwks.uri, name, `${pointer}/jwks/uri`, "jwks.uri", context);
  if (discovery !== undefined) checkUrl(discovery, name, `${pointer}/discovery`, "discovery", context);
  if (jwks !== undefined || discovery !== undefined || secret !== undefined) return;
  const known = urlToCheck(name);
  if (known === undefined) return;
  if (!URL.canParse(known) || !/^https?:$/.test(new URL(known).protocol))
    context.report(
      notDiscoverable(context.at(`${pointer}/issuer`), { issuer: name, reason: "it is not a URL", remedy: whereTheyAre(name) }),
    );
  else checkUrl(name, name, `${pointer}/issuer`, "issuer", context);
}

const whereTheyAre = (name: string): string =>
  /^[\w-]+(\.[\w-]+)+(:\d+)?(\/|$)/.test(name)
    ? `If tokens have a URL in \`iss\`, write it as it stands there: \`https://${name}\`. Otherwise say where the keys are, with \`jwks\` or \`discovery\`.`
    : "Say where the keys are, with `jwks` or `discovery`.";

function checkUrl(written: string, issuer: string, pointer: string, option: string, context: SchemeContext): void {
  const url = urlToCheck(written);
  if (url === undefined) return;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const { protocol, username, password } = parsed ?? { protocol: "", username: "", password: "" };
  // What is written may hold a password.
  if (!/^https?:$/.test(protocol) || username !== "" || password !== "")
    context.report(unusableUrl(context.at(pointer), { option }));
  else if (isPlainUrl(url)) context.report(plainUrl(context.at(pointer), { issuer, url }));
}

/** RFC 7518 §6.2.2, §6.3.2 and §6.4, RFC 8037 §2. */
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

function checkInlineKeys(keys: readonly object[], pointer: string, context: SchemeContext): void {
  for (const [index, key] of keys.entries()) {
    const found = privateMembers.filter((member) => Object.hasOwn(key, member));
    const [member] = found;
    if (member !== undefined)
      context.report(
        privateKey(context.at(`${pointer}/${index}/${member}`), {
          member,
          members: list(
            found.map((one) => `\`${one}\``),
            "and",
          ),
        }),
      );
  }
}

function checkPlace(options: JwtOptions, context: SchemeContext): void {
  const place = placeOf(options);
  if (place.in === "authorization") return;
  const problem = unusableKeyName(place.in, place.parameter);
  if (problem !== undefined)
    context.report(unusableName(context.at(`/from/${place.in}`), { place: place.in, name: place.parameter, problem }));
  if (place.in === "query" && options.forward === "credential") context.report(queryForwarded(context.at("/forward"), {}));
}
