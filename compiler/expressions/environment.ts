import type { SchemaTypes } from "./schema-types.ts";
import {
  type CelType,
  double,
  dyn,
  type FieldType,
  int,
  listOf,
  mapOf,
  nullType,
  type ObjectType,
  string,
  timestamp,
  unionOf,
} from "./types.ts";

export interface VariableDeclaration {
  readonly type: CelType;
  /** Holds JSON from outside: the type is what the schema promises, and is checked again where a part is read. */
  readonly external: boolean;
  /**
   * May be absent at run time, which is an error where it is read and no `has` guards it. `quietly`: nobody is warned of
   * that, as it is part of what the expression is for.
   */
  readonly optional?: boolean | "quietly";
  /** May be absent where its neighbours are there: `identity.tier` of somebody who has none. */
  readonly apart?: true;
  /** Of a map: what is absent in it is part of what the expression is for; nobody is warned of that. */
  readonly sparse?: true;
  /** The parts can be read, the whole is no value. */
  readonly partsOnly?: boolean;
  /** Of a map: what entries hold that are known by name, when they are read by it. They come from outside. */
  readonly entries?: Readonly<Record<string, FieldType>>;
}

/** The names that an expression may use. Names with dots are resolved longest first. */
export interface TypeEnvironment {
  readonly variables: Readonly<Record<string, VariableDeclaration>>;
  /** Well-known names that are not there, and why: `body` of an operation without one. */
  readonly absent: Readonly<Record<string, string>>;
  /** Looks up the schemas that types refer to. */
  readonly definitions: Pick<SchemaTypes, "definition">;
  /** CEL's `container`: prefix under which names are looked up first. */
  readonly container?: string;
  /** Values of different types may be compared, as CEL does where nothing is checked. */
  readonly lenient?: boolean;
  /** By `identity.roles` and `identity.scopes`: all that some identity has, where that is known. */
  readonly held?: Readonly<Record<string, readonly string[]>> | undefined;
  /** What is absent is part of what the expression is for; nobody is warned of it. */
  readonly sparse?: boolean;
  /** The expression makes JSON: members of a map and items of a list are of several types on purpose. */
  readonly makesJson?: boolean;
}

export interface PolicyVariables {
  /** Path parameters by name. */
  readonly params?: Readonly<Record<string, Omit<FieldType, "required">>>;
  /** Type of the JSON body; undefined where the operation has none. */
  readonly body?: CelType;
  /** The body may be missing, which is null then: `body != null && …`. */
  readonly bodyOptional?: boolean;
  /** Query parameters that the operation declares, by name. Others are text, and so are all in the map as a whole. */
  readonly query?: Readonly<Record<string, FieldType>>;
  /** The same for header fields, by lower-case name. */
  readonly headers?: Readonly<Record<string, FieldType>>;
  /** Undefined where nothing authenticates the operation. */
  readonly identity?: {
    /** What schemes that give claims say of them; undefined where no scheme does. */
    readonly claims?: CelType;
    /** What else is told of whoever calls, and whether of each; absent: of nobody. */
    readonly tells?: Readonly<Partial<Record<"claims" | ToldText, "always" | "sometimes">>>;
    /** Requests without an identity are let in; `quietly`: the expression also runs where nobody was let in. */
    readonly optional?: boolean | "quietly";
  };
  /** Why there is no identity. */
  readonly noIdentity?: string;
  /** Which databases the gateway has of addresses. */
  readonly geo?: Geo | undefined;
  /** All roles and scopes that some identity has, where the configuration lists them. */
  readonly held?: TypeEnvironment["held"];
  readonly definitions?: Pick<SchemaTypes, "definition">;
}

/** What some schemes tell of an identity, as text. */
export const toldTexts = ["issuer", "tenant", "tier"] as const;
type ToldText = (typeof toldTexts)[number];

/** What `geo` in gateway.yaml has; what it has not is absent. */
export type Geo = Readonly<Partial<Record<"country" | "as", unknown>>>;

/** What databases say of an address, by the one that does. An address that it does not have, it says nothing of. */
export const geoVariables: Readonly<Record<string, { readonly of: "country" | "as"; readonly type: CelType }>> = {
  "peer.country": { of: "country", type: string },
  "peer.asn": { of: "as", type: int },
  "peer.asOrganization": { of: "as", type: string },
};

/** No references: for environments without schemas. */
const noDefinitions: Pick<SchemaTypes, "definition"> = { definition: () => dyn };

/** The variables of policy expressions on one operation. */
export function policyEnvironment({
  params = {},
  body,
  bodyOptional = false,
  query = {},
  headers = {},
  identity,
  noIdentity = "Nothing authenticates requests to this operation.",
  definitions = noDefinitions,
  held,
  geo,
}: PolicyVariables): TypeEnvironment {
  const own = (type: CelType): VariableDeclaration => ({ type, external: false });
  const fields = Object.fromEntries(Object.entries(params).map(([name, field]) => [name, { ...field, required: true }]));
  const optional = identity?.optional ?? false;
  const told = (name: "claims" | ToldText): Pick<VariableDeclaration, "optional" | "apart"> =>
    identity?.tells?.[name] === "sometimes" ? { optional: optional === "quietly" ? optional : true, apart: true } : { optional };
  return {
    definitions,
    held,
    variables: {
      "request.method": own(string),
      "request.path": own(string),
      "request.host": own(string),
      "request.headers": { ...own(mapOf(string, string)), entries: headers },
      "request.query": { ...own(mapOf(string, string)), entries: query },
      params: {
        type: { kind: "object", fields, rest: undefined, title: "the path parameters" },
        external: true,
        partsOnly: true,
      },
      ...(body === undefined ? {} : { body: { type: bodyOptional ? unionOf([body, nullType]) : body, external: true } }),
      ...(identity === undefined
        ? {}
        : {
            "identity.subject": { ...own(string), optional },
            "identity.scheme": { ...own(string), optional },
            "identity.roles": { ...own(listOf(string)), optional },
            "identity.scopes": { ...own(listOf(string)), optional },
            ...(identity.claims === undefined
              ? {}
              : { "identity.claims": { type: identity.claims, external: true, ...told("claims") } }),
            ...Object.fromEntries(
              toldTexts.flatMap((name) =>
                identity.tells?.[name] === undefined ? [] : [[`identity.${name}`, { ...own(string), ...told(name) }]],
              ),
            ),
          }),
      "peer.ip": own(string),
      ...Object.fromEntries(
        Object.entries(geoVariables).flatMap(([name, { of, type }]) =>
          geo?.[of] === undefined ? [] : [[name, { ...own(type), optional: true, apart: true } as const]],
        ),
      ),
      now: own(timestamp),
    },
    absent: {
      ...absentGeo(geo),
      ...(body === undefined ? { body: "The operation has no JSON body in its spec." } : {}),
      ...(identity === undefined ? { identity: noIdentity } : {}),
      ...(identity !== undefined && identity.claims === undefined
        ? { "identity.claims": "No security scheme of this operation gives claims." }
        : {}),
      ...(identity === undefined
        ? {}
        : Object.fromEntries(
            toldTexts.flatMap((name) =>
              identity.tells?.[name] === undefined
                ? [[`identity.${name}`, `No security scheme of this operation tells of it.`]]
                : [],
            ),
          )),
    },
  };
}

const absentGeo = (geo: Geo | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(geoVariables).flatMap(([name, { of }]) =>
      geo?.[of] === undefined
        ? [[name, `It needs a database of addresses: \`geo: { ${of}: { file: … } }\` in gateway.yaml.`]]
        : [],
    ),
  );

/** One of the violations that `validate` tells of; never a value of the request. */
const violation: ObjectType = {
  kind: "object",
  title: "a violation",
  rest: undefined,
  fields: {
    in: { type: string, required: true },
    pointer: { type: string, required: true },
    name: { type: string, required: false },
    keyword: { type: string, required: true },
    message: { type: string, required: true },
  },
};

/** The variables of expressions about a refusal: of the request, only what is there whoever refused it, and when. */
export function problemEnvironment(texts: Pick<PolicyVariables, "params" | "query" | "headers" | "geo">): TypeEnvironment {
  const environment = policyEnvironment(texts);
  const own = (type: CelType): VariableDeclaration => ({ type, external: false });
  return {
    ...environment,
    makesJson: true,
    variables: {
      "problem.status": own(int),
      "problem.type": own(string),
      "problem.slug": own(string),
      "problem.title": own(string),
      "problem.detail": own(string),
      "problem.violations": own(listOf(violation)),
      "problem.requestId": own(string),
      "problem.traceId": own(string),
      "problem.spanId": own(string),
      ...environment.variables,
    },
    absent: {
      ...absentGeo(texts.geo),
      body: "A request may be refused before its body is read.",
      identity: "A request may be refused before anybody is known.",
    },
  };
}

/** What can be said of an answer. */
export interface AnswerVariables {
  /** Type of the JSON value of an answer; undefined where no answer has one. */
  readonly answer?: CelType | undefined;
}

function answerVariables({ answer }: AnswerVariables): Pick<TypeEnvironment, "variables" | "absent"> {
  const own = (type: CelType): VariableDeclaration => ({ type, external: false });
  return {
    variables: {
      ...(answer === undefined ? {} : { "response.body": { type: answer, external: true, optional: "quietly" as const } }),
      "response.status": own(int),
      "response.headers": { ...own(mapOf(string, string)), sparse: true },
    },
    absent: answer === undefined ? { "response.body": "No answer of the operation has a JSON body in its spec." } : {},
  };
}

/**
 * The variables of expressions about an answer that has ended: of the request, only what is there whichever step gave the
 * answer.
 */
export function answerEnvironment(
  texts: Pick<PolicyVariables, "params" | "query" | "headers" | "geo" | "definitions"> & AnswerVariables,
): TypeEnvironment {
  const environment = policyEnvironment(texts);
  const about = answerVariables(texts);
  return {
    ...environment,
    sparse: true,
    variables: { ...environment.variables, ...about.variables },
    absent: {
      ...absentGeo(texts.geo),
      ...about.absent,
      body: "The body of the request is not kept until the answer has ended.",
      identity: "An answer may be given before anybody is known.",
    },
  };
}

/** The variables of expressions about an answer of a service on its way back: all that is known of the request, and the answer. */
export function answeredEnvironment(variables: PolicyVariables & AnswerVariables): TypeEnvironment {
  const environment = policyEnvironment(variables);
  const about = answerVariables(variables);
  return {
    ...environment,
    sparse: true,
    variables: { ...environment.variables, ...about.variables },
    absent: { ...environment.absent, ...about.absent },
  };
}

/** What is known of an exchange that is over: functions of `runtime/exchange/facts.ts`, without `exchange.` in front. */
export const exchangeFacts: Readonly<Record<string, { readonly type: CelType; readonly optional?: "quietly" }>> = {
  requestId: { type: string, optional: "quietly" },
  traceId: { type: string, optional: "quietly" },
  spanId: { type: string, optional: "quietly" },
  operation: { type: string },
  api: { type: string, optional: "quietly" },
  version: { type: string, optional: "quietly" },
  source: { type: string, optional: "quietly" },
  outcome: { type: string },
  durationMs: { type: double },
  upstreamMs: { type: double, optional: "quietly" },
  service: { type: string, optional: "quietly" },
  endpoint: { type: string, optional: "quietly" },
  attempts: { type: int },
  error: { type: string, optional: "quietly" },
  problem: { type: string, optional: "quietly" },
  bytesIn: { type: int },
  bytesOut: { type: int },
};

/**
 * The variables of expressions about an exchange that is over, whatever came of it: nothing is sure to be there but what each
 * request has. Nobody need be known, so that one expression does for all operations of a gateway.
 */
export function loggedEnvironment({
  claims = dyn,
  ...texts
}: Pick<PolicyVariables, "params" | "query" | "headers" | "geo"> & { readonly claims?: CelType | undefined }): TypeEnvironment {
  const tells = Object.fromEntries(["claims", ...toldTexts].map((name) => [name, "sometimes" as const]));
  const environment = policyEnvironment({ ...texts, identity: { claims, tells, optional: "quietly" } });
  const own = { external: false };
  return {
    ...environment,
    sparse: true,
    makesJson: true,
    variables: {
      ...environment.variables,
      "response.status": { type: int, ...own, optional: "quietly" },
      "response.headers": { type: mapOf(string, string), ...own, sparse: true },
      ...Object.fromEntries(Object.entries(exchangeFacts).map(([name, fact]) => [`exchange.${name}`, { ...own, ...fact }])),
    },
    absent: {
      ...absentGeo(texts.geo),
      body: "The body of the request is not kept until all is over; the option `bodies` logs it.",
    },
  };
}

/** The same, whichever operation it was of: each has parameters of its own, and what is measured is a number or a text. */
export function measuredEnvironment(
  of: Pick<PolicyVariables, "geo"> & { readonly claims?: CelType | undefined },
): TypeEnvironment {
  const { makesJson, variables, ...environment } = loggedEnvironment(of);
  const { params, ...ofAll } = variables;
  return {
    ...environment,
    variables: ofAll,
    absent: {
      ...environment.absent,
      params: "The expression is about all operations, and each has parameters of its own.",
      body: "The body of a request is not kept until it is over.",
    },
  };
}
