import type { ExternalAuthorizationOptions } from "../../../schema/policies.gen.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { claimOf } from "../../text/claimed-fields.ts";
import { forbiddenField } from "../../text/field.ts";
import { parseDuration } from "../../text/formats.ts";
import { settingPattern } from "../../text/setting.ts";
import {
  certificateWithoutKey,
  claimForwarded,
  clientWrites,
  fieldNotForThis,
  longCache,
  plainDecision,
  tlsUnused,
  unusableUrl,
} from "./messages.gen.ts";

/** Reports a URL that cannot be called, or whose answers others could write on their way. */
export function checkUrl(url: string, pointer: string, context: PolicyContext): void {
  // What is read at start is checked when it is called.
  if (url.startsWith("${env:")) return;
  const shown = url.replaceAll(settingPattern, "1");
  const parsed = URL.canParse(shown) ? new URL(shown) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== "" || parsed.password !== "") {
    // What is written may hold a password.
    context.report(unusableUrl(context.at(pointer)));
    return;
  }
  if (parsed.protocol === "http:" && !isThisMachine(parsed.hostname))
    context.report(plainDecision(context.at(pointer), { host: parsed.host }));
}

const isThisMachine = (host: string): boolean => host === "localhost" || host === "[::1]" || /^127\.[\d.]+$/.test(host);

/** Who reads which fields of whom. */
export function checkFields(options: ExternalAuthorizationOptions, context: PolicyContext): void {
  for (const name of ["forwardAuth", "extAuthz"] as const) {
    const written = options[name];
    if (written === undefined) continue;
    const each = (list: "forward" | "toService" | "toClient", look: (field: string, at: string) => void): void => {
      for (const [index, field] of written[list].entries()) look(field, `/${name}/${list}/${index}`);
    };
    const refuseForbidden = (field: string, at: string): void => {
      const reason =
        forbiddenField(field) ?? (field.toLowerCase() === "host" ? "It is written by whoever sends a request." : undefined);
      if (reason !== undefined) context.report(fieldNotForThis(context.at(at), { name: field, reason }));
    };
    each("forward", (field, at) => {
      refuseForbidden(field, at);
      const claim = claimOf(field) ?? (/^x-forwarded-/i.test(field) ? { says: "how the request came" } : undefined);
      if (claim !== undefined) context.report(claimForwarded(context.at(at), { name: field, says: claim.says }));
    });
    each("toService", (field, at) => {
      if (claimOf(field) === undefined) context.report(clientWrites(context.at(at), { name: field }));
    });
    each("toClient", refuseForbidden);
  }
}

/** Milliseconds. */
const longestCache = 3_600_000;

export function checkCache({ cache }: ExternalAuthorizationOptions, context: PolicyContext): void {
  if (cache !== undefined && parseDuration(cache.ttl) > longestCache)
    context.report(longCache(context.at("/cache/ttl"), { ttl: cache.ttl }));
}

/** @param urls of the service */
export function checkTls({ tls }: ExternalAuthorizationOptions, urls: readonly string[], context: PolicyContext): void {
  if (tls === undefined) return;
  if (urls.length > 0 && urls.every((url) => url.startsWith("http:"))) context.report(tlsUnused(context.at("/tls")));
  if ((tls.certificate === undefined) === (tls.key === undefined)) return;
  const [found, missing] = tls.key === undefined ? (["certificate", "key"] as const) : (["key", "certificate"] as const);
  context.report(certificateWithoutKey(context.at(`/tls/${found}`), { found, missing }));
}
