import type { IdempotencyConfig } from "../../../runtime/policies/idempotency/index.ts";
import type { IdempotencyOptions } from "../../../schema/policies.gen.ts";
import type { Lowered, MakeIr } from "../../ir/config.ts";
import { make, runtimeFunction } from "../../ir/config.ts";
import type { StoreUse } from "../../ir/store-use.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseDuration, parseSize } from "../../text/formats.ts";
import { list } from "../../text/words.ts";
import { anonymousCallers, safeMethod, ttlOutOfRange } from "./messages.gen.ts";
import { checkSteps } from "./steps.ts";

const [shortest, longest] = [60_000, 30 * 86_400_000];

export const idempotency = definePolicy<IdempotencyOptions>({
  name: "idempotency",
  // In front of the service, behind all who may refuse: a request that was refused has not used its key.
  stages: ["cache"],
  onFailure: "closed",
  requires: ({ anonymous }) => (anonymous === undefined ? ["identity"] : []),
  whole: checkSteps,

  check(options, context) {
    const { ttl, anonymous } = options;
    const { operation, identity } = context;
    const span = parseDuration(ttl);
    if (span < shortest || span > longest) context.report(ttlOutOfRange(context.at("/ttl"), { ttl }));
    if (operation === undefined) return;
    if (isSafe(operation.method)) {
      // Written for all operations, it is for the others.
      if (Object.keys(options).some((name) => context.writtenIn(`/${name}`)?.scope === "operations"))
        context.report(safeMethod(context.origin, { operation: operation.operationId, method: operation.method }));
    } else if (identity !== "always" && anonymous === undefined)
      context.report(anonymousCallers(context.origin, { operation: operation.operationId }, { alike: "anonymous" }));
  },

  weakness: ({ onStoreFailure }) =>
    onStoreFailure === "allow" ? "it lets requests through while its store does not answer" : undefined,

  lower(options, context) {
    const { operation } = context;
    if (operation === undefined || isSafe(operation.method)) return { kind: "nothing" };
    const store = context.store({
      store: options.store,
      needs: ["claims"],
      onFailure: { written: options.onStoreFailure, choices: ["refuse", "allow"] },
    });
    if (store === undefined) return { kind: "nothing" };
    const { required = requiredBySpec(context), headers = [], resend } = options;
    const name = `${operation.id} idempotency`;
    // Also where nothing declares it: a service may know its callers by it.
    const credentials = [...new Set(["authorization", ...context.credentialFields.flat(2).map((field) => field.toLowerCase())])];
    const fields = headers.map((field) => field.toLowerCase());
    const config: Lowered<IdempotencyConfig> = {
      name,
      operation: operation.id,
      store: store.ref,
      claims: claimsIn(store),
      ttlMs: parseDuration(options.ttl),
      isRequired: required,
      maxBody: parseSize(options.maxBody),
      maxAnswer: parseSize(options.maxAnswer),
      headers: fields,
      credentials: context.identity === "always" ? [] : credentials,
      mayResend: resend !== undefined,
      allowsOnFailure: options.onStoreFailure === "allow",
      outliveClient: runtimeFunction("http/outlive-client", "outliveClient"),
      slot: { kind: "slot" },
    };
    return call<IdempotencyConfig>("policies/idempotency", "createIdempotency", config, {
      hooks: ["request", "upstreamRequest", "answerHead", "answerBody", "done"],
      mayAnswer: true,
      async: true,
      body: "buffered",
      answer: { use: "seen", place: "personal", most: options.maxAnswer, larger: "unkept" },
      fields: { request: ["idempotency-key", "accept-encoding", ...fields], response: ["idempotency-replayed"] },
      keepsKeys: { mayResend: resend !== undefined },
      instance: name,
      roles: ["living"],
      summary: [summaryOf(options, store, required, context), ...unseenFields(fields, context)].join("; "),
    });
  },
});

/** Methods that change nothing (RFC 9110 §9.2.1): there is nothing to be done once. */
const isSafe = (method: string): boolean => ["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"].includes(method);

const isKey = ({ in: place, name }: { readonly in: string; readonly name: string }): boolean =>
  place === "header" && name.toLowerCase() === "idempotency-key";

const requiredBySpec = (context: PolicyContext): boolean =>
  context.contract()?.parameters.some((parameter) => isKey(parameter) && parameter.required) === true;

/** What the spec says that a request may have, and that makes no difference to the key. */
function unseenFields(fields: readonly string[], context: PolicyContext): readonly string[] {
  const unseen = (context.contract()?.parameters ?? []).filter(
    (parameter) => parameter.in === "header" && !isKey(parameter) && !fields.includes(parameter.name.toLowerCase()),
  );
  return unseen.length === 0 ? [] : [`requests are not told apart by ${list(unseen.map(({ name }) => name))}`];
}

function claimsIn({ type }: StoreUse): MakeIr {
  return type === "memory"
    ? make("stores/memory/memory-claims", "createMemoryClaims")
    : make("stores/redis/redis-claims", "createRedisClaims");
}

function summaryOf(
  { ttl, maxAnswer, headers, anonymous, resend, onStoreFailure }: IdempotencyOptions,
  store: StoreUse,
  isRequired: boolean,
  { identity }: PolicyContext,
): string {
  const callers = identity === "always" ? "caller" : identity === "never" || anonymous === undefined ? "UUID" : "caller or UUID";
  return [
    `by ${callers} and operation${isRequired ? ", key required" : ""}`,
    ...(headers === undefined ? [] : [`fields ${headers.join(", ")}`]),
    `answers up to ${maxAnswer} kept ${ttl} in ${store.type === "memory" ? "memory" : store.name}`,
    resend === undefined ? "an unknown result is 409" : "an unknown result is sent again",
    ...(onStoreFailure === "allow" ? ["unguarded while the store fails"] : []),
  ].join("; ");
}
