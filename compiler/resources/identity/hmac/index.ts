import type { CanonicalRequestConfig } from "../../../../runtime/identity/hmac/canonical-request.ts";
import type { DeliveriesConfig } from "../../../../runtime/identity/hmac/deliveries.ts";
import type { HmacConfig, SenderConfig } from "../../../../runtime/identity/hmac/hmac.ts";
import type { HmacOptions, HmacSignature, SecretReference } from "../../../../schema/resources.gen.ts";
import { type Lowered, type MakeIr, make } from "../../../ir/config.ts";
import { create, defineResource, type SchemeContext } from "../../../resource/contract.ts";
import { parseDuration, parseSize } from "../../../text/formats.ts";
import { declaredLocation, quotedString } from "../../../text/key-place.ts";
import { count } from "../../../text/words.ts";
import {
  layoutOrSignature,
  longWindow,
  optionOfOther,
  secretNeeded,
  signatureElsewhere,
  windowWithoutTime,
} from "./messages.gen.ts";

type Layout = NonNullable<HmacOptions["layout"]>;

/** Where a vendor writes its signature, who reads it, and whether it signs a time. */
const layouts: Readonly<
  Record<Layout, { readonly field: string; readonly module: string; readonly factory: string; readonly hasTime: boolean }>
> = {
  github: { field: "X-Hub-Signature-256", module: "github", factory: "createGithubLayout", hasTime: false },
  stripe: { field: "Stripe-Signature", module: "stripe", factory: "createStripeLayout", hasTime: true },
  slack: { field: "X-Slack-Signature", module: "slack", factory: "createSlackLayout", hasTime: true },
  shopify: { field: "X-Shopify-Hmac-SHA256", module: "shopify", factory: "createShopifyLayout", hasTime: false },
  standardWebhooks: {
    field: "webhook-signature",
    module: "standard-webhooks",
    factory: "createStandardWebhooksLayout",
    hasTime: true,
  },
};

const usualWindow = "5m";
/** Milliseconds. */
const longestWindow = 3_600_000;

export const hmacScheme = defineResource<HmacOptions, "identity">({
  room: "identity",
  name: "hmac",
  implements: ["apiKey", "http hmac", "http hmac-sha256"],

  check(options, context) {
    const { layout, signature } = options;
    if ((layout === undefined) === (signature === undefined)) {
      context.report(
        layoutOrSignature(context.origin, { scheme: context.name, found: layout === undefined ? "neither" : "both" }),
      );
      return;
    }
    if (layout !== undefined && options.secret === undefined)
      context.report(secretNeeded(context.key("/layout"), { scheme: context.name, layout }));
    if (layout === undefined)
      for (const option of ["secret", "subject", "roles"])
        if (context.isWritten(`/${option}`)) context.report(optionOfOther(context.key(`/${option}`), { option }));
    if (layout !== undefined && !layouts[layout].hasTime && context.isWritten("/window"))
      context.report(windowWithoutTime(context.key("/window"), { layout }));
    if (options.window !== undefined && parseDuration(options.window) > longestWindow)
      context.report(longWindow(context.at("/window"), { window: options.window }));
    checkPlace(layout === undefined ? "Authorization" : layouts[layout].field, context);
  },

  grants: ({ roles, signature }) => ({
    roles: [...roles, ...Object.values(signature?.keys ?? {}).flatMap((key) => key.roles)],
    scopes: Object.values(signature?.keys ?? {}).flatMap(({ scopes }) => scopes),
  }),

  lower(options, context) {
    const { layout, signature, once } = options;
    const windowMs = parseDuration(options.window ?? usualWindow);
    const challenge = `HMAC realm=${quotedString(context.name)}`;
    const store = once === undefined ? undefined : context.store({ store: once.store, needs: ["values"], below: "/once" });
    const config: Lowered<HmacConfig> = {
      name: context.name,
      layout: signature === undefined ? layoutOf(layout!) : canonicalRequest(signature),
      challenge,
      forward: options.forward,
      window: windowMs / 1000,
      maxBody: parseSize(options.maxBody),
      senders: signature === undefined ? [senderOf(options, context)] : keysOf(signature, context),
      ...(once === undefined || store === undefined
        ? {}
        : {
            deliveries: make<DeliveriesConfig>("identity/hmac/deliveries", "createDeliveries", {
              store: store.ref,
              space: `${context.gateway}:${context.name}:deliveries`,
              lifeSpan: Math.max(parseDuration(once.for), 2 * windowMs),
            }),
          }),
    };
    const who = signature === undefined ? layout! : count(Object.keys(signature.keys).length, "key");
    return {
      ...create<HmacConfig>("identity/hmac/hmac", "createHmac", config),
      async: true,
      readsBody: true,
      ...(store === undefined ? {} : { settles: true as const }),
      challenge,
      ...(layout === undefined || layouts[layout].hasTime || store !== undefined
        ? {}
        : {
            remarks: [
              `${context.name}: ${layout} signs no time and \`once\` is absent, so whoever has seen a delivery can repeat it`,
            ],
          }),
      summary: `HMAC-SHA256 signature, ${who}${store === undefined ? "" : `, each delivery once (store ${store.name})`}`,
    };
  },
});

/** Clients follow the spec: where it names another field, they would all be refused. */
function checkPlace(field: string, context: SchemeContext): void {
  const { declared, declaredAt } = context;
  if (declared?.type !== "apiKey") return;
  const place = declaredLocation(declared);
  if (place.in === "header" && place.name?.toLowerCase() === field.toLowerCase()) return;
  const found = `${place.in ?? "nowhere"} ${place.name ?? ""}`.trim();
  context.report(signatureElsewhere(declaredAt ?? context.origin, { scheme: context.name, field, found }));
}

function layoutOf(layout: Layout): MakeIr {
  const { module, factory } = layouts[layout];
  return make<object>(`identity/hmac/${module}`, factory, {});
}

const canonicalRequest = ({ scheme, timestamp, headers }: HmacSignature): MakeIr =>
  make<CanonicalRequestConfig>("identity/hmac/canonical-request", "createCanonicalRequestLayout", {
    scheme,
    timestamp: timestamp.toLowerCase(),
    headers: [...new Set([...headers, timestamp].map((name) => name.toLowerCase()))].sort(),
  });

function senderOf({ secret, subject, roles }: HmacOptions, context: SchemeContext): Lowered<SenderConfig> {
  // Checked above.
  const secrets: readonly SecretReference[] = Array.isArray(secret) ? secret : [secret as SecretReference];
  return {
    subject: subject ?? context.name,
    secrets: secrets.map((one, index) => context.secret(one, Array.isArray(secret) ? `/secret/${index}` : "/secret")),
    roles,
    scopes: [],
  };
}

/** By key id: the order in the file must not reach the bundle. */
const keysOf = ({ keys }: HmacSignature, context: SchemeContext): Lowered<SenderConfig>[] =>
  Object.entries(keys)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([keyId, { subject = keyId, secret, roles, scopes }]) => ({
      keyId,
      subject,
      secrets: [context.secret(secret, `/signature/keys/${keyId.replaceAll("/", "~1")}/secret`)],
      roles,
      scopes,
    }));
