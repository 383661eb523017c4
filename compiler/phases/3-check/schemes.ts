import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearest, suggestion } from "../../diagnostics/suggest.ts";
import type { AccessIr, OperationIr, SchemeIr, SchemeWay, SecurityRequirementIr, ToldIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import type { SchemaIr } from "../../ir/schema.ts";
import type { StoreWish } from "../../ir/store-use.ts";
import { resources } from "../../resources/registry.gen.ts";
import { own } from "../../text/own.ts";
import { list } from "../../text/words.ts";
import type { DeclaredScheme, LinkedGateway } from "../2-link/linked-gateway.ts";
import { grantsOfScheme } from "./held-grants.ts";
import { lowerResource } from "./lower-resource.ts";
import {
  declarationsDisagree,
  providerMismatch,
  roleNobodyHas,
  schemeWithoutProvider,
  undeclaredScheme,
  unusedScheme,
} from "./messages.gen.ts";
import { SchemeSchemas } from "./scheme-schemas.ts";
import type { Stores } from "./stores.ts";

/** The security schemes of the gateway: which exist, which are asynchronous, which are used. */
export interface Schemes {
  way(name: string): SchemeWay;
  /** Its credentials are verified by the service only. */
  isUnverified(name: string): boolean;
  /** What its identities have beside a subject, roles and scopes. */
  tells(name: string): ToldIr;
  /** Header field of the credential that it verifies, in lower case. */
  fieldOf(name: string): string | undefined;
  /** It has a provider, which knows where its credentials are. */
  isKnown(name: string): boolean;
  /** Checks that every scheme of the requirements is declared and implemented. */
  use(requirements: readonly SecurityRequirementIr[], linked: LinkedGateway, sink: DiagnosticSink): void;
  /** Schemas that they check values against. */
  readonly schemas: readonly SchemaIr[];
  /** The schemes that some operation refers to; reports the others. */
  inUse(operations: readonly OperationIr[], linked: LinkedGateway, sink: DiagnosticSink): readonly SchemeIr[];
}

/** Checks and lowers every provider under `identity.schemes`. */
export function checkSchemes(linked: LinkedGateway, stores: Stores, sink: DiagnosticSink): Schemes {
  const written = linked.file.identity?.schemes ?? {};
  const lowered = new Map<string, SchemeIr>();
  const schemas = new SchemeSchemas(linked, sink);
  for (const [name, block] of Object.entries(written)) {
    const [provider, options] = Object.entries(block)[0] ?? ["", undefined];
    const definition = own(resources.identity, provider);
    if (definition === undefined || options === undefined) continue;
    const origin = linked.positions.key(written, name);
    const declarations = linked.declaredSchemes.get(name) ?? [];
    checkDeclarations(name, declarations, sink);
    const [declared] = declarations;
    const type = declared === undefined ? undefined : typeOf(declared);
    if (type !== undefined && !definition.implements.includes(type)) {
      const related = [{ origin: declared!.origin, text: "declared here" }];
      const help =
        providersOf(type).length > 0
          ? `Use ${list(providersOf(type).map(quoted), "or")}, or correct the declaration.`
          : notYet(type);
      const values = { name, provider, type, implemented: list(definition.implements.map(quoted), "or"), help };
      sink.report(providerMismatch(linked.positions.key(block, provider), values, { related }));
      continue;
    }
    const at = (pointer: string): Origin => linked.positions.pointer(options, pointer);
    const user = { policy: provider, origin, at, report: (diagnostic: Diagnostic) => sink.report(diagnostic) };
    const facts = {
      declared: declared?.value,
      declaredAt: declared?.origin,
      validator: (schema: object, from: object) => schemas.validator(name, schema, from),
      store: (wish: StoreWish) => stores.use(wish, user),
    };
    const scheme = lowerResource("identity", { name, type: provider, options, origin, facts }, linked, sink);
    if (scheme !== undefined) lowered.set(name, scheme);
  }
  const known = Object.keys(written);
  /** Schemes that are required and that nothing implements, with every place that requires them. */
  const lacking = new Map<string, Origin[]>();
  return {
    way: (name) => lowered.get(name) ?? { async: false },
    isUnverified: (name) => lowered.get(name)?.isUnverified ?? false,
    tells: (name) => lowered.get(name)?.tells ?? {},
    fieldOf: (name) => lowered.get(name)?.field,
    isKnown: (name) => lowered.has(name),
    get schemas() {
      return schemas.schemas;
    },
    use(requirements, gateway, reports) {
      for (const requirement of requirements) {
        for (const { name, scopes } of requirement.alternatives.flatMap((alternative) => alternative.schemes)) {
          if (known.includes(name)) {
            const held = grantsOfScheme(gateway.file, name)?.roles;
            for (const role of held === undefined ? [] : scopes)
              if (!held!.includes(role)) reports.report(roleNobodyHas(requirement.origin, { role, scheme: name }));
            continue;
          }
          if (gateway.declaredSchemes.has(name)) lacking.set(name, [...(lacking.get(name) ?? []), requirement.origin]);
          else
            reports.report(
              undeclaredScheme(requirement.origin, { name, suggestion: suggestion(name, [...gateway.declaredSchemes.keys()]) }),
            );
        }
      }
    },
    inUse(operations, gateway, reports) {
      for (const [name, places] of lacking)
        reports.report(withoutProvider(gateway.declaredSchemes.get(name)![0]!, name, places, known));
      const used = new Set(operations.flatMap(schemesOf));
      // Which one would be used once the other errors are mended is not known.
      for (const name of lacking.size > 0 ? [] : known) {
        if (!used.has(name)) reports.report(unusedScheme(gateway.positions.key(written, name), { name }));
      }
      return [...lowered.values()].filter((scheme) => used.has(scheme.name)).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

/** One diagnostic for a scheme, at the first place that requires it. */
function withoutProvider(
  declared: DeclaredScheme,
  name: string,
  places: readonly Origin[],
  known: readonly string[],
): Diagnostic {
  const [first, ...others] = [...new Map(places.map((place) => [`${place.file} ${place.start}`, place])).values()];
  const type = typeOf(declared);
  const able = providersOf(type);
  const near = nearest(name, known);
  const [provider] = able;
  const help =
    provider === undefined
      ? notYet(type)
      : near === undefined
        ? provider === passThrough
          ? `Where the service verifies it, add \`${name}: { passThrough: {} }\` to gateway.yaml under \`identity.schemes\`: the gateway then checks that it is there and well-formed, and forwards it.`
          : waysToVerify(name, able)
        : `Did you mean \`${name}\` where gateway.yaml has \`identity.schemes.${near}\`? A provider has the name that the spec declares.`;
  const lack =
    provider === undefined
      ? `no provider of gatewright implements \`${type}\``
      : "`identity.schemes` has no provider of that name";
  const more = others.slice(0, mostPlaces).map((origin) => ({ origin, text: "and here" }));
  const rest = others.length - more.length;
  const count = rest > 0 ? [{ origin: others.at(-1)!, text: `and at ${rest} more places, of which this is the last` }] : [];
  return schemeWithoutProvider(first!, { name, lack, help }, { related: [declaredHere(declared), ...more, ...count] });
}

/** The provider that needs nothing but its name. */
const passThrough = "passThrough";

/** A spec may require a scheme a thousand times. */
const mostPlaces = 3;

const quoted = (text: string): string => `\`${text}\``;

/** The least that a provider needs to be told; what stands in it is only an example. */
const least: Readonly<Record<string, string>> = {
  jwt: "{ issuer: https://login.example.com/, audience: my-api }",
  apiKey: "{ keys: { acme: { key: { env: ACME_KEY } } } }",
  basic: "{ users: { file: users.txt } }",
  mtls: "{}",
  hmac: "{ signature: { keys: { acme: { secret: { env: ACME_SECRET } } } } }",
};

/** What to write under \`identity.schemes\` where the gateway can verify the credential. */
function waysToVerify(name: string, able: readonly string[]): string {
  const [first, ...others] = able;
  const more = others.filter((provider) => provider !== passThrough).map(quoted);
  const also = more.length === 0 ? "" : ` ${list(more, "and")} can verify it too: see their pages.`;
  const passed = able.includes(passThrough) ? ` Where the service verifies it, \`${name}: { passThrough: {} }\` is enough.` : "";
  const listener =
    first === "mtls"
      ? " The listener has to ask for certificates: `listeners.public.tls.clientCertificates: { ca: { file: clients.pem } }`."
      : "";
  return `Add it to gateway.yaml under \`identity.schemes\`, for example \`${name}: { ${first}: ${own(least, first!) ?? "…"} }\`.${listener}${also}${passed}`;
}

/** What most documents mean by a type of scheme that several providers implement. */
const usual: Readonly<Record<string, string>> = { "http bearer": "jwt", oauth2: "jwt", openIdConnect: "jwt" };

/** Names of the providers that implement a type of scheme, the usual one first. */
function providersOf(type: string): string[] {
  const able = Object.entries(resources.identity).filter(([, definition]) => definition.implements.includes(type));
  const first = own(usual, type);
  return able.map(([name]) => name).sort((a, b) => Number(b === first) - Number(a === first));
}

/** What to do about a kind of scheme that nothing here implements. */
function notYet(type: string): string {
  const implemented = list(
    [...new Set(Object.values(resources.identity).flatMap((definition) => definition.implements))].map(quoted),
    "or",
  );
  return `There is no provider for \`${type}\` yet, only for ${implemented}. Declare the scheme as one of those, or remove the requirement, in the spec or in an overlay of the API version (\`overlays\`); what is then open to everybody needs \`public: "reason"\`.`;
}

const declaredHere = (declared: DeclaredScheme): { origin: Origin; text: string } => ({
  origin: declared.origin,
  text: "declared here",
});

function schemesOf(operation: OperationIr): string[] {
  const { access } = operation;
  const alternatives =
    access.kind === "public" ? access.optional : access.requirements.flatMap((requirement) => requirement.alternatives);
  return [...alternatives.flatMap(({ schemes }) => schemes.map(({ name }) => name)), ...(access.concealed ?? [])];
}

/** `apiKey`, `oauth2`, `http bearer`: what a provider says it implements. */
function typeOf({ value }: DeclaredScheme): string {
  return value.type === "http" ? `http ${String(value.scheme).toLowerCase()}` : String(value.type);
}

/** Two specs may share a scheme only if they mean the same. */
function checkDeclarations(name: string, declarations: readonly DeclaredScheme[], sink: DiagnosticSink): void {
  const meaning = ({ value }: DeclaredScheme): string => JSON.stringify([value.type, value.in, value.name, value.scheme]);
  const [first, ...others] = declarations;
  for (const other of others) {
    if (meaning(other) !== meaning(first!))
      sink.report(declarationsDisagree(other.origin, { name }, { related: [declaredHere(first!)] }));
  }
}

/** Where API keys and tokens travel, as declared in specs and in the gateway file: names that must never be logged with their value. */
export function credentialNames(linked: LinkedGateway): string[] {
  const declared = [...linked.declaredSchemes.values()]
    .flat()
    .map(({ value }) => (value.type === "apiKey" ? value.name : undefined));
  const configured = Object.values(linked.file.identity?.schemes ?? {}).flatMap(({ apiKey, jwt }) => [
    apiKey?.name,
    ...Object.values(jwt?.from ?? {}),
  ]);
  return [...new Set([...declared, ...configured].filter((name) => typeof name === "string"))].sort();
}

/** Names of the header fields in which credentials of an operation travel: by requirement and alternative. */
export function credentialFields(access: AccessIr, linked: LinkedGateway): readonly (readonly (readonly string[])[])[] {
  const alternatives =
    access.kind === "public" ? [access.optional] : access.requirements.map((requirement) => requirement.alternatives);
  return alternatives.map((list) => list.map(({ schemes }) => schemes.flatMap(({ name }) => fieldsOf(name, linked))));
}

/** Those in which the credentials of a scheme travel. */
export function fieldsOf(name: string, linked: LinkedGateway): readonly string[] {
  const declared = linked.declaredSchemes.get(name)?.[0]?.value;
  const configured = own(linked.file.identity?.schemes ?? {}, name);
  // What no spec declares, `passThrough` looks for in this field only.
  if (declared === undefined && configured?.passThrough !== undefined) return ["Authorization"];
  const { type, in: place, name: field } = declared ?? { type: "apiKey", in: "header", ...configured?.apiKey };
  if (type === "apiKey") return place === "header" && typeof field === "string" ? [field] : [];
  return type === "mutualTLS" ? [] : ["Authorization"];
}
