import type { OtlpOptions } from "../../../../schema/resources.gen.ts";
import type { ExporterContext } from "../../../resource/contract.ts";
import { urlToCheck } from "../../../resource/start-url.ts";
import { hasSetting } from "../../../text/setting.ts";
import { literalCredential, portOfGrpc, reservedHeader, signalInUrl, unusableUrl } from "./messages.gen.ts";

/** Names of fields whose values are secrets: those of HTTP, and what vendors of collectors ask for. */
const credential = /^(authorization|proxy-authorization|cookie|x-honeycomb-team)$|key|token|secret|password|auth$/i;

/** What the client writes itself, and what would make the gateway trace its exports. */
const reserved =
  /^(host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|content-.*|accept-encoding|traceparent|tracestate|baggage)$/i;

export function checkUrls(options: OtlpOptions, context: ExporterContext): void {
  for (const option of ["url", "tracesUrl", "metricsUrl"] as const) {
    const written = options[option];
    const text = written === undefined ? undefined : urlToCheck(written);
    if (text === undefined) continue;
    const at = context.at(`/${option}`);
    const { protocol, username, password, port, pathname } = parsed(text);
    const [path] = /\/v1\/(?:traces|metrics)\/?$/.exec(pathname) ?? [];
    if (!/^https?:$/.test(protocol) || username !== "" || password !== "") context.report(unusableUrl(at, { option }));
    else if (option === "url" && path !== undefined) context.report(signalInUrl(at, { path: path.replace(/\/$/, "") }));
    else if (port === "4317") context.report(portOfGrpc(at, { option }));
  }
}

/** Nothing of what is written is told: it may hold a password. */
const parsed = (text: string) =>
  URL.canParse(text) ? new URL(text) : { protocol: "", username: "", password: "", port: "", pathname: "" };

export function checkHeaders({ headers = {} }: OtlpOptions, context: ExporterContext): void {
  for (const [name, value] of Object.entries(headers)) {
    const at = context.at(`/headers/${name}`);
    if (reserved.test(name)) context.report(reservedHeader(context.key(`/headers/${name}`), { name }));
    // A setting is read at start as well.
    else if (typeof value === "string" && credential.test(name) && !hasSetting(value))
      context.report(literalCredential(at, { name }));
  }
}
