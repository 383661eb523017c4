import type { SchemaOf } from "../../contract/parameters/proven.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import {
  answerEnvironment,
  answeredEnvironment,
  type CelType,
  celTypes,
  checkExpression,
  type ExpressionIr,
  loggedEnvironment,
  measuredEnvironment,
  type PolicyVariables,
  policyEnvironment,
  problemEnvironment,
  SchemaTypes,
  type TypeEnvironment,
  toldTexts,
} from "../../expressions/index.ts";
import { locateExpression } from "../../expressions/locate.ts";
import { identityOf, verifiedSchemes } from "../../ir/access.ts";
import type { AccessIr, ToldIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import { type ParameterIr, type ScalarType, scalarBits } from "../../ir/parameter.ts";
import { namesIn } from "../../ir/route.ts";
import type { ExpressionUse, PolicyContext } from "../../policy/contract.ts";
import type { Grants } from "../../resource/contract.ts";
import type { JsonObject, SpecSource } from "../../source/source-set.ts";
import { parameterSource } from "../../text/path-template.ts";
import type { LinkedGateway, LinkedOperation } from "../2-link/linked-gateway.ts";
import type { MessageContracts } from "./contracts.ts";
import { celTypeOf, type DeclaredParameter, declaredIn, listedValues } from "./declared-parameters.ts";
import { heldGrants } from "./held-grants.ts";
import type { Schemes } from "./schemes.ts";

const expectedTypes: Record<Parameters<PolicyContext["expression"]>[2], CelType> = {
  bool: celTypes.bool,
  string: celTypes.string,
  int: celTypes.int,
  any: celTypes.dyn,
};

/** Compiles the expressions of one operation against its types; environments are made when the first one comes. */
export class OperationExpressions {
  readonly #operation: LinkedOperation | undefined;
  readonly #access: AccessIr | undefined;
  readonly #schemes: Pick<Schemes, "tells">;
  readonly #linked: LinkedGateway;
  readonly #contracts: MessageContracts;
  readonly #sink: DiagnosticSink;
  readonly #environments = new Map<ExpressionUse, TypeEnvironment>();
  #declared: Declared | undefined;

  constructor(
    operation: LinkedOperation | undefined,
    access: AccessIr | undefined,
    schemes: Pick<Schemes, "tells">,
    linked: LinkedGateway,
    contracts: MessageContracts,
    sink: DiagnosticSink,
  ) {
    this.#operation = operation;
    this.#access = access;
    this.#schemes = schemes;
    this.#linked = linked;
    this.#contracts = contracts;
    this.#sink = sink;
  }

  /** Whether requests of the operation have an identity. */
  get identity(): "always" | "sometimes" | "never" {
    return this.#access === undefined ? "never" : identityOf(this.#access);
  }

  /** Undefined where the expression is wrong; that is reported at the place inside of its text. */
  compile(
    text: string,
    at: Origin,
    expected: keyof typeof expectedTypes,
    use: ExpressionUse = "request",
  ): ExpressionIr | undefined {
    const { expression, problems } = checkExpression(text, this.#environment(use), expectedTypes[expected]);
    const inside = locateExpression(at, this.#linked.textOf(at.file), text);
    for (const problem of problems) this.#sink.report(problem.diagnose(inside(problem)));
    if (expression === undefined) return undefined;
    // What is asked of all operations reads none of them as it is declared there.
    if (use === "measured") return { ...expression, reads: settled(expression.reads), origin: at };
    const types = pathParameterTypes(this.#operation, this.#contracts);
    const inPath = Object.fromEntries(
      expression.reads.params.map((name) => [
        name,
        // Only an operation has parameters that could be read.
        { ...parameterSource(this.#operation!.match.path, name), types: scalarBits(types[name]!) },
      ]),
    );
    const { query, headers } = this.#parameters();
    const inQuery = readingsOf(query, expression.reads.query);
    const inHeaders = readingsOf(headers, expression.reads.headers);
    return {
      ...expression,
      // It is asked when all is over: no step has to provide anything for it.
      ...(use === "logged" ? { reads: settled(expression.reads) } : {}),
      // It is asked behind authentication, whoever that let in.
      ...(use === "forwarded" && this.identity !== "always" ? { reads: { ...expression.reads, identity: false } } : {}),
      ...(Object.keys(inPath).length === 0 ? {} : { inPath }),
      ...(Object.keys(inQuery).length === 0 ? {} : { inQuery }),
      ...(Object.keys(inHeaders).length === 0 ? {} : { inHeaders }),
      origin: at,
    };
  }

  #measured(): TypeEnvironment {
    const { identity, geo } = this.#linked.file;
    const { claims } = toldOf(Object.keys(identity?.schemes ?? {}), this.#schemes);
    return measuredEnvironment({ geo, claims });
  }

  #parameters(): Declared {
    const operation = this.#operation;
    if (this.#declared !== undefined) return this.#declared;
    const parameters = (operation === undefined ? undefined : this.#contracts.of(operation))?.parameters ?? [];
    const schemaOf: SchemaOf = (id) => this.#contracts.schemaOf(id);
    return (this.#declared = {
      query: declaredIn("query", parameters, schemaOf),
      headers: declaredIn("header", parameters, schemaOf),
    });
  }

  #environment(use: ExpressionUse): TypeEnvironment {
    const known = this.#environments.get(use);
    if (known !== undefined) return known;
    const made =
      use === "measured"
        ? this.#measured()
        : environmentOf(
            this.#operation,
            this.#access,
            this.#contracts,
            this.#parameters(),
            heldGrants(this.#linked.file),
            this.#access === undefined ? {} : toldOf(verifiedSchemes(this.#access), this.#schemes),
            use,
            this.#linked.file.geo,
          );
    this.#environments.set(use, made);
    return made;
  }
}

const settled = (reads: ExpressionIr["reads"]): ExpressionIr["reads"] => ({
  ...reads,
  identity: false,
  variables: reads.variables.filter((name) => !name.startsWith("response.")),
});

interface Declared {
  readonly query: ReadonlyMap<string, DeclaredParameter>;
  readonly headers: ReadonlyMap<string, DeclaredParameter>;
}

/** How those of `names` are read that are declared. */
const readingsOf = (declared: ReadonlyMap<string, DeclaredParameter>, names: readonly string[]) =>
  Object.fromEntries(names.flatMap((name) => (declared.has(name) ? [[name, declared.get(name)!.reading] as const] : [])));

const isTextInPath = (parameter: ParameterIr): boolean =>
  parameter.in === "path" && parameter.style === "simple" && parameter.content === undefined;

/** What the text of each path parameter may be: as the spec declares it, otherwise text. */
function pathParameterTypes(
  operation: LinkedOperation | undefined,
  contracts: MessageContracts,
): Readonly<Record<string, readonly ScalarType[]>> {
  if (operation === undefined) return {};
  const names = operation.match.path.segments.flatMap(namesIn);
  const declared = contracts.of(operation)?.parameters.filter(isTextInPath);
  return Object.fromEntries(
    names.map((name) => {
      const shape = declared?.find((parameter) => parameter.name === name)?.shape;
      const isScalar =
        shape !== undefined &&
        shape.scalar.length > 0 &&
        shape.items === undefined &&
        shape.properties === undefined &&
        shape.additional === undefined;
      return [name, isScalar ? shape.scalar : ["string"]];
    }),
  );
}

function environmentOf(
  operation: LinkedOperation | undefined,
  access: AccessIr | undefined,
  contracts: MessageContracts,
  declared: Declared,
  held: Grants | undefined,
  told: Pick<NonNullable<PolicyVariables["identity"]>, "claims" | "tells">,
  use: ExpressionUse,
  geo: PolicyVariables["geo"],
): TypeEnvironment {
  const spec = operation?.spec;
  const declaredInPath = (operation === undefined ? undefined : contracts.of(operation))?.parameters.filter(isTextInPath) ?? [];
  const params = Object.fromEntries(
    Object.entries(pathParameterTypes(operation, contracts)).map(([name, scalar]) => {
      const own = declaredInPath.find((parameter) => parameter.name === name);
      const values = own === undefined ? undefined : listedValues(own, (id) => contracts.schemaOf(id));
      const type = celTypes.unionOf(scalar.map((each) => celTypeOf[each]));
      return [name, values === undefined ? { type } : { type, values }];
    }),
  );
  const isKnown = access === undefined ? "never" : identityOf(access);
  const quiet = { ...told, optional: "quietly" as const };
  const always = use === "answer" || use === "forwarded" ? quiet : told;
  const sometimes = use === "forwarded" ? quiet : { ...told, optional: true };
  const identity = isKnown === "always" ? always : isKnown === "sometimes" ? sometimes : undefined;
  if (use === "logged")
    return loggedEnvironment({
      geo,
      params,
      query: Object.fromEntries(declared.query),
      headers: Object.fromEntries(declared.headers),
      claims: told.claims,
    });
  const who = {
    identity,
    held: held === undefined ? undefined : { "identity.roles": held.roles, "identity.scopes": held.scopes },
    ...(access?.kind === "authenticated"
      ? { noIdentity: "Credentials are passed through: whose they are, only the service knows." }
      : {}),
  };
  const texts = { geo, params, query: Object.fromEntries(declared.query), headers: Object.fromEntries(declared.headers) };
  if (use === "problem") return problemEnvironment(texts);
  if (use === "ended") return answerEnvironment({ ...texts, ...answerBody(spec) });
  const isAnswered = use === "answered";
  if (spec === undefined) {
    const known = { geo, params, ...who };
    return isAnswered ? answeredEnvironment({ ...known, answer: celTypes.dyn }) : policyEnvironment(known);
  }
  const definitions = new SchemaTypes((schema) => spec.source.resolve(schema as JsonObject));
  const body = jsonBody(spec.source, spec.operation);
  const known = {
    ...texts,
    ...who,
    definitions,
    ...(body === undefined ? {} : { body: definitions.typeOf(body.schema), bodyOptional: !body.required }),
  };
  return isAnswered ? answeredEnvironment({ ...known, ...answerBody(spec, definitions) }) : policyEnvironment(known);
}

/** What those who may call are known to have; of some, where several schemes vouch for them. */
function toldOf(
  names: readonly string[],
  schemes: Pick<Schemes, "tells">,
): Pick<NonNullable<PolicyVariables["identity"]>, "claims" | "tells"> {
  const told = names.map((name) => schemes.tells(name));
  const claims = told.flatMap((one) => (one.claims === undefined ? [] : [one.claims]));
  // There are no references in them.
  const types = new SchemaTypes(() => undefined);
  const often = (name: keyof ToldIr): "always" | "sometimes" | undefined => {
    const all = told.map((one) => (name === "claims" && one.claims !== undefined ? "always" : one[name]));
    if (all.every((one) => one === undefined)) return undefined;
    return all.every((one) => one === "always") ? "always" : "sometimes";
  };
  const tells = Object.fromEntries(
    (["claims", ...toldTexts] as const).flatMap((name) => (often(name) === undefined ? [] : [[name, often(name)]])),
  );
  return {
    ...(claims.length === 0 ? {} : { claims: celTypes.unionOf(claims.map((one) => types.typeOf(one, "the claims"))) }),
    tells,
  };
}

/** What answers may say in JSON: of any kind where no spec says it, and of the events in a stream, which no spec describes. */
function answerBody(
  spec: LinkedOperation["spec"],
  definitions = new SchemaTypes((schema) => spec?.source.resolve(schema as JsonObject)),
): Pick<Parameters<typeof answerEnvironment>[0], "answer" | "definitions"> {
  if (spec === undefined) return { answer: celTypes.dyn };
  const { source, operation } = spec;
  const responses = isObject(operation.responses) ? Object.values(operation.responses) : [];
  const media = responses.flatMap((written) => {
    if (!isObject(written)) return [];
    const response = typeof written.$ref === "string" ? source.resolve(written) : written;
    return isObject(response?.content) ? Object.entries(response.content) : [];
  });
  if (media.some(([type]) => /^text\/event-stream\s*(?:;|$)/i.test(type))) return { answer: celTypes.dyn, definitions };
  const types = media.flatMap(([type, value]) => {
    if (!isJsonType(type)) return [];
    const schema = isObject(value) ? value.schema : undefined;
    return [isObject(schema) ? definitions.typeOf(schema) : celTypes.dyn];
  });
  return { answer: types.length === 0 ? undefined : celTypes.unionOf(types), definitions };
}

const isJsonType = (type: string): boolean => /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type);

/** The schema of the JSON request body, where the operation has one. */
function jsonBody(
  source: SpecSource,
  operation: JsonObject,
): { readonly schema: JsonObject; readonly required: boolean } | undefined {
  const written = operation.requestBody;
  if (!isObject(written)) return undefined;
  const body = typeof written.$ref === "string" ? source.resolve(written) : written;
  const content = body?.content;
  if (!isObject(content)) return undefined;
  const json = Object.entries(content).find(([type]) => isJsonType(type))?.[1];
  const schema = isObject(json) ? json.schema : undefined;
  return isObject(schema) ? { schema, required: body?.required === true } : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
