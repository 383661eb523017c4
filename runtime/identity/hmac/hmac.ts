// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type {
  Authentication,
  Exchange,
  Identity,
  Rejection,
  SecurityScheme,
  StartValue,
  UpstreamRequest,
} from "../../exchange/exchange.ts";
import { keepClaims } from "../../fields/keep-claims.ts";
import { clock } from "../../life/clock.ts";
import { messageOf } from "../../life/message-of.ts";
import { StartError } from "../../life/start-error.ts";
import { concealAuthorization } from "../conceal-authorization.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Presented, SignatureLayout } from "./layout.ts";

export interface HmacConfig {
  /** Name of the security scheme. */
  readonly name: string;
  readonly layout: SignatureLayout;
  readonly challenge: string;
  readonly forward: "credential" | "none";
  /** Seconds by which the time of signing may differ from now, either way. Has no effect where the layout has no time. */
  readonly window: number;
  readonly maxBody: number;
  readonly senders: readonly SenderConfig[];
  /** Remembers what was delivered; absent: what is signed counts as often as it comes. */
  readonly deliveries?: Deliveries;
}

export interface SenderConfig {
  readonly subject: string;
  /** Absent where the layout names no key. */
  readonly keyId?: string;
  readonly secrets: readonly StartValue[];
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/** Throws a `StartError` where a secret is too short or not of the form that the layout has. */
export const createHmac = (config: HmacConfig): SecurityScheme<Promise<Authentication>> => new Hmac(config);

const shortestSecret = 16;

interface Sender {
  readonly keyId: string | undefined;
  readonly identity: Identity;
  readonly keys: readonly (string | Uint8Array)[];
}

class Hmac implements SecurityScheme<Promise<Authentication>> {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  readonly grants = "roles";
  readonly #config: HmacConfig;
  readonly #senders: readonly Sender[];
  /** What is compared with where nobody has the key, so that it takes as long. */
  readonly #nobody: readonly Uint8Array[] = [crypto.randomBytes(32)];

  constructor(config: HmacConfig) {
    this.name = config.name;
    this.challenge = config.challenge;
    this.#config = config;
    this.#senders = config.senders.map((sender) => ({
      keyId: sender.keyId,
      identity: { subject: sender.subject, scheme: config.name, roles: sender.roles, scopes: sender.scopes },
      keys: sender.secrets.map((secret) => keyOf(config, sender, secret)),
    }));
  }

  async authenticate(x: Exchange): Promise<Authentication> {
    const { layout, window, maxBody, deliveries } = this.#config;
    const presented = layout.read(x);
    if (presented === "absent") return "absent";
    if ("malformed" in presented) return invalid(presented.malformed);
    const { at } = presented;
    // Before the body is read: what is too old is not worth the memory.
    if (at !== undefined && Math.abs(clock.wall() / 1000 - at) > window)
      return invalid("The request was signed too long ago, or in the future.");
    const body = await x.readBody(maxBody);
    // The answer is there, or nobody is left who would get one.
    if (body === undefined) return "invalid";
    const sender = this.#senders.find(({ keyId }) => keyId === presented.keyId);
    const signature = matching(presented, sender?.keys ?? this.#nobody, body);
    if (sender === undefined || signature === undefined) {
      const { keyId } = presented;
      return { ...invalid("The signature does not match."), ...(keyId === undefined ? {} : { about: keyId }) };
    }
    if (deliveries === undefined) return sender.identity;
    const refusal = await deliveries.begin(x, presented.delivery ?? signature.toString("base64"));
    return refusal ?? sender.identity;
  }

  conceal(upstream: UpstreamRequest): void {
    const { layout, forward } = this.#config;
    if (forward === "credential") keepClaims(upstream.headers, layout.fields);
    else if (layout.scheme !== undefined) concealAuthorization(upstream.headers, layout.scheme);
    else for (const field of layout.fields) upstream.headers.delete(field);
  }

  done(x: Exchange): void {
    this.#config.deliveries?.end(x);
  }
}

/** The signature that is right; all of them are compared with all keys, also behind it. */
function matching(
  { signatures, signed }: Presented,
  keys: readonly (string | Uint8Array)[],
  body: Uint8Array,
): Buffer | undefined {
  const pieces = signed(body);
  let found: Buffer | undefined;
  for (const key of keys) {
    const mac = crypto.createHmac("sha256", key);
    for (const piece of pieces) mac.update(piece);
    const expected = mac.digest();
    for (const signature of signatures) if (crypto.timingSafeEqual(expected, signature)) found = signature;
  }
  return found;
}

const invalid = (reason: string): Rejection => ({ rejected: "invalid", reason });

function keyOf({ name, layout }: HmacConfig, { keyId }: SenderConfig, secret: string): string | Uint8Array {
  const whose = `identity.schemes.${name}.hmac: the secret${keyId === undefined ? "" : ` of \`${keyId}\``}`;
  if (secret.length < shortestSecret)
    throw new StartError(
      `${whose} has ${secret.length} characters. Give it at least ${shortestSecret}, for example from \`openssl rand -hex 32\`.`,
    );
  try {
    return layout.keyOf(secret);
  } catch (error) {
    throw new StartError(`${whose} ${messageOf(error)}.`);
  }
}
