import type { ForwardedDecisionConfig } from "../../../runtime/policies/external-authorization/forwarded-decision.ts";
import type { InputMember, JsonDecisionConfig } from "../../../runtime/policies/external-authorization/json-decision.ts";
import type {
  ExternalAuthorizationAuthzen,
  ExternalAuthorizationEntity,
  ExternalAuthorizationInput,
  ExternalAuthorizationOptions,
} from "../../../schema/policies.gen.ts";
import type { ConfigIr, Lowered, MakeIr } from "../../ir/config.ts";
import { make } from "../../ir/config.ts";
import { emittedIn } from "../../ir/config-nodes.ts";
import type { LoweredPolicy, PolicyContext } from "../../policy/contract.ts";
import { startValue } from "../../text/setting.ts";

const protocols = ["http", "opa", "authzen", "forwardAuth", "extAuthz"] as const;
type Name = (typeof protocols)[number];

/** Those that are written, in the order of the page. */
export const protocolsOf = (options: ExternalAuthorizationOptions): readonly Name[] =>
  protocols.filter((name) => options[name] !== undefined);

export function describeProtocol(options: ExternalAuthorizationOptions): string {
  const [name] = protocolsOf(options);
  return name === undefined ? "nobody" : `${name} ${options[name]!.url}`;
}

/** What is asked depends on the request. */
export function readsRequest(options: ExternalAuthorizationOptions, lowered: LoweredPolicy): boolean {
  if (options.forwardAuth !== undefined || options.extAuthz !== undefined || lowered.kind !== "call") return true;
  // The config is the one that `lower` made.
  const { protocol } = lowered.config as unknown as { readonly protocol: ConfigIr };
  const read = emittedIn(protocol, "expression").flatMap(({ reads }) => reads.variables);
  return read.some((variable) => variable !== "now");
}

export function lowerProtocol(options: ExternalAuthorizationOptions, context: PolicyContext): MakeIr {
  const { http, opa, authzen, forwardAuth, extAuthz } = options;
  if (http !== undefined) return json("http", http.url, inputOf(http.input, "/http/input", [], context), context);
  if (opa !== undefined) return json("opa", opa.url, inputOf(opa.input, "/opa/input", ["input"], context), context);
  if (authzen !== undefined) return json("authzen", authzen.url, authzenMembers(authzen, context), context);
  const name = forwardAuth === undefined ? "extAuthz" : "forwardAuth";
  // `check` has reported where there is none.
  const { url, forward, toService, toClient } = (forwardAuth ?? extAuthz)!;
  const lower = (names: readonly string[]): string[] => names.map((one) => one.toLowerCase());
  return make<ForwardedDecisionConfig>("policies/external-authorization/forwarded-decision", "createForwardedDecision", {
    url: startValue(url, context.at(`/${name}/url`)),
    as: forwardAuth === undefined ? "same" : "get",
    forward: lower(forward),
    toService: lower(toService),
    toClient: lower(toClient),
  });
}

const json = (
  form: JsonDecisionConfig["form"],
  url: string,
  members: readonly Lowered<InputMember>[],
  context: PolicyContext,
): MakeIr =>
  make<JsonDecisionConfig>("policies/external-authorization/json-decision", "createJsonDecision", {
    url: startValue(url, context.at(`/${form}/url`)),
    form,
    members,
  });

function authzenMembers(
  { subject, action, resource, context: facts }: ExternalAuthorizationAuthzen,
  context: PolicyContext,
): Lowered<InputMember>[] {
  const entity = (what: ExternalAuthorizationEntity, name: string): Lowered<InputMember>[] => [
    { path: [name, "type"], value: what.type },
    ...member(what.id, `/authzen/${name}/id`, [name, "id"], context),
    ...inputOf(what.properties ?? {}, `/authzen/${name}/properties`, [name, "properties"], context),
  ];
  return [
    ...entity(subject, "subject"),
    ...member(action, "/authzen/action", ["action", "name"], context),
    ...entity(resource, "resource"),
    ...inputOf(facts ?? {}, "/authzen/context", ["context"], context),
  ];
}

const inputOf = (
  input: ExternalAuthorizationInput,
  pointer: string,
  path: readonly string[],
  context: PolicyContext,
): Lowered<InputMember>[] =>
  Object.entries(input).flatMap(([name, text]) => member(text, `${pointer}/${name}`, [...path, name], context));

function member(text: string, pointer: string, path: readonly string[], context: PolicyContext): Lowered<InputMember>[] {
  const value = context.expression(text, pointer, "any");
  return value === undefined ? [] : [{ path, value }];
}
