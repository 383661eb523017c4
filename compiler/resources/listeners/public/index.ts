import type { ListenerConfig } from "../../../../runtime/gateway/listener.ts";
import type { UnixSocketConfig } from "../../../../runtime/process/unix-socket.ts";
import type { PublicListener } from "../../../../schema/resources.gen.ts";
import { type Lowered, make } from "../../../ir/config.ts";
import { emitted } from "../../../ir/emitted.ts";
import { configured, defineResource, type ListenerContext } from "../../../resource/contract.ts";
import { addressOf, checkAddress, socketConfig } from "../../../resource/listener/address.ts";
import { claimRules } from "../../../text/claimed-fields.ts";
import { parseDuration, parseSize } from "../../../text/formats.ts";
import { startNumber } from "../../../text/setting.ts";
import { checkEntrance, entranceOf, speaksHttp2 } from "./entrance.ts";
import { checkTime, requestTimeOf, timeOf } from "./time.ts";
import { tlsOf } from "./tls.ts";
import { blocksOf, checkTrust, forwardedCertificatesOf, keptFields, remarksOn, trustOf } from "./trust.ts";

export const publicListener = defineResource<PublicListener, "listeners">({
  room: "listeners",
  name: "public",

  check(options, context) {
    checkAddress(options, context);
    checkTrust(options, context);
    checkEntrance(options, context);
    checkTime(options, context);
  },

  lower(options, context) {
    const { socket } = options;
    const { from, forwardedBy, writtenFields } = trustOf(options);
    const address = addressOf(options, context);
    const tls = options.tls === undefined ? undefined : tlsOf(options.tls, context);
    const forwarded = forwardedCertificatesOf(options);
    const kept = keptFields(options);
    const { identityFields } = context;
    const bounds = boundsOf(options, context);
    const claims = [...new Set([...claimRules(forwarded?.field), ...identityFields])].sort();
    const remarks = remarksOn(from);
    return {
      ...configured<ListenerConfig>({
        host: address.host,
        port: address.port ?? 0,
        trustedProxies: blocksOf(from),
        forwardedBy,
        writtenFields,
        keptFields: kept,
        claims: emitted("words", { words: claims }),
        socket:
          socket === undefined
            ? undefined
            : make<UnixSocketConfig>("process/unix-socket", "createUnixSocket", socketConfig(options, from.includes("unix"))),
        limits: limitsOf(options, context),
        bounds,
        time: timeOf(options, context),
        entrance: entranceOf(options, tls, context),
      }),
      ...address,
      ...(tls === undefined ? {} : { tls, isSecure: true }),
      ...(speaksHttp2(options) ? { speaksHttp2: true } : {}),
      trustedProxies: from,
      ...(kept === undefined ? {} : { keptFields: kept }),
      ...(forwarded === undefined ? {} : { forwardedCertificates: forwarded }),
      ...(identityFields.length === 0 ? {} : { identityFields }),
      ...(remarks.length === 0 ? {} : { remarks }),
      ...(options.tls?.clientCertificates === undefined && forwarded === undefined ? {} : { asksForCertificates: true }),
      ...headOf(options),
      ...requestTimeOf(options, context),
      summary: "",
    };
  },
});

function limitsOf({ limits }: PublicListener, context: ListenerContext): Lowered<ListenerConfig["limits"]> {
  if (limits === undefined) return undefined;
  const bound = (key: keyof typeof limits, parse: (text: string) => number, as: "count" | "size") => {
    const written = limits[key];
    return written === undefined ? {} : { [key]: startNumber(written, parse, () => context.at(`/limits/${key}`), as) };
  };
  return {
    ...bound("connections", Number, "count"),
    ...bound("requests", Number, "count"),
    ...bound("bodyMemory", parseSize, "size"),
  };
}

/** What differs from the defaults of the run-time library. */
function boundsOf(options: PublicListener, context: ListenerContext): Lowered<ListenerConfig["bounds"]> {
  const { timeouts } = options;
  const milliseconds = (key: "head" | "request" | "idle" | "send", name: "headMs" | "requestMs" | "idleMs" | "sendMs") => {
    const text = timeouts?.[key];
    if (text === undefined) return {};
    return { [name]: startNumber(text, parseDuration, () => context.at(`/timeouts/${key}`), "duration") };
  };
  const bounds = {
    ...headOf(options).head,
    ...milliseconds("head", "headMs"),
    ...milliseconds("request", "requestMs"),
    ...milliseconds("idle", "idleMs"),
    ...milliseconds("send", "sendMs"),
  };
  return Object.keys(bounds).length === 0 ? undefined : bounds;
}

function headOf({ requestHead }: PublicListener): {
  readonly head?: { readonly headBytes?: number; readonly fieldLines?: number };
} {
  if (requestHead === undefined) return {};
  const { maxSize, maxFields } = requestHead;
  return {
    head: {
      ...(maxSize === undefined ? {} : { headBytes: parseSize(maxSize) }),
      ...(maxFields === undefined ? {} : { fieldLines: maxFields }),
    },
  };
}
