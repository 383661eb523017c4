import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { declaredSchemes } from "../../phases/2-link/declared-schemes.ts";
import { type SpecOperation, specOperations } from "../../phases/2-link/spec-operations.ts";
import type { JsonObject, SourceSet, SpecSource } from "../../source/source-set.ts";
import { count } from "../../text/words.ts";
import { type PolicyFileNames, policyFileNames } from "./policy-file-names.ts";

/** A name that may be written somewhere, and what an editor shows beside it. */
export interface Name {
  readonly name: string;
  readonly description: string;
}

/** What one gateway has names for. Each list in the order in which it is written, each name once. */
export interface ProjectNames {
  readonly services: readonly string[];
  readonly apis: readonly (Name & { readonly versions: readonly string[] })[];
  /** As the specs declare them: what a provider may implement. */
  readonly declaredSchemes: readonly Name[];
  /** Those with a provider: what policies and guardrails may ask for. */
  readonly schemes: readonly string[];
  readonly tags: readonly string[];
  /** Path templates as the specs write them. */
  readonly paths: readonly string[];
  /** Every policy file that is named and whose specs could be read. */
  readonly policyFiles: readonly PolicyFileNames[];
}

/** One API version with the operations of its spec. */
export interface NamedVersion {
  readonly api: string;
  readonly version: string;
  readonly policies: string | undefined;
  /** Undefined where it could not be read. */
  readonly spec: SpecSource | undefined;
  readonly operations: readonly SpecOperation[];
}

/**
 * Reads the names off what the first phase could load. The configuration may have errors: wherever something has not
 * the shape it should have, there are no names.
 */
export function projectNames(sources: SourceSet): ProjectNames {
  const gateway = sources.gateway as unknown;
  const versions = namedVersions(gateway, sources);
  const operations = versions.flatMap((version) => version.operations);
  return {
    services: entriesOf(member(gateway, "services")).map(([name]) => name),
    apis: entriesOf(member(gateway, "apis")).map(([name]) => {
      const own = versions.filter(({ api }) => api === name);
      return { name, description: own.map(describeVersion).join("\n\n"), versions: own.map(({ version }) => version) };
    }),
    declaredSchemes: [...declaredSchemes(sources)].map(([name, [first]]) => ({
      name,
      description: describeScheme(first!.value),
    })),
    schemes: entriesOf(member(member(gateway, "identity"), "schemes")).map(([name]) => name),
    tags: [...new Set(operations.flatMap(({ tags }) => tags))],
    paths: [...new Set(operations.map(({ path }) => path))],
    policyFiles: policyFileNames(versions),
  };
}

function namedVersions(gateway: unknown, sources: SourceSet): NamedVersion[] {
  // What is wrong with an operation is for `check` to say.
  const unheard = new DiagnosticSink();
  return entriesOf(member(gateway, "apis")).flatMap(([api, settings]) =>
    entriesOf(member(settings, "versions")).map(([version, own]) => {
      const [file, policies] = [member(own, "spec"), member(own, "policies")];
      const spec = typeof file === "string" ? sources.specs.get(file) : undefined;
      const operations = spec === undefined ? [] : specOperations(spec, sources.positions, unheard);
      return { api, version, policies: typeof policies === "string" ? policies : undefined, spec, operations };
    }),
  );
}

function describeVersion({ version, spec, operations }: NamedVersion): string {
  if (spec === undefined) return `${version}: the spec could not be read`;
  const title = member(spec.document.info, "title");
  return `${version}: ${typeof title === "string" ? `${title}, ` : ""}${count(operations.length, "operation")}, ${spec.file}`;
}

function describeScheme({ type, scheme, in: place, name, description }: { readonly [key: string]: unknown }): string {
  const kind = [type, scheme].filter((word) => typeof word === "string").join(" ");
  const where = typeof place === "string" && typeof name === "string" ? ` in ${place} ${name}` : "";
  return typeof description === "string" ? `${kind}${where}\n\n${description}` : `${kind}${where}`;
}

const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);
const member = (value: unknown, key: string): unknown => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined);
const entriesOf = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : []);
