import fc from "fast-check";
import type { GatewayIr, OperationIr } from "../../compiler/ir/gateway.ts";
import type { Segment, VersionMatch } from "../../compiler/ir/route.ts";
import type { RequestPart } from "../harness/http-file.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";

type Field = readonly [name: string, value: string];

/**
 * Requests that a gateway could be asked: most of them for one of its operations, then bent in ways in which two
 * readings of the same request could come apart.
 */
export function requestsFor(ir: GatewayIr): fc.Arbitrary<RequestPart> {
  const words = vocabulary(ir);
  return fc
    .constantFrom(...ir.operations)
    .chain((operation) =>
      fc.record({
        method: fc.oneof({ weight: 4, arbitrary: fc.constant(operation.match.method) }, { weight: 2, arbitrary: methods }),
        segments: fc.tuple(...operation.match.path.segments.map((segment) => segmentText(segment, words))),
        bends: fc.array(bend(words), { maxLength: 2 }),
        host: fc.oneof(
          { weight: 4, arbitrary: hostOf(operation) },
          { weight: 1, arbitrary: fc.constantFrom("a.example.com", "EXAMPLE.com:80", "[::1]:8080", "") },
        ),
        query: parameters(operation, ir),
        headers: fieldsFor(operation, ir),
        body: fc.constantFrom("", "", "{}", "a body of some length", "another body of some length"),
      }),
    )
    .map(({ method, segments, bends, host, query, headers, body }) => {
      const path = bends.reduce((text, change) => change(text), `/${segments.flat().join("/")}`);
      // The client of node:http takes methods and targets as they are, where they can be written at all.
      return {
        method: method === "*" ? "PATCH" : method,
        target: query === "" ? path : `${path}?${query}`,
        headers: [["Host", host], ...headers],
        body: method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "TRACE" ? "" : body,
      };
    });
}

const methods = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND");

/** Literal texts of all templates, so that one operation is asked for with the words of another. */
function vocabulary(ir: GatewayIr): readonly string[] {
  const literals = ir.operations.flatMap(({ match }) =>
    match.path.segments.flatMap((segment) => {
      if (segment.kind === "literal") return [segment.text];
      return segment.kind === "mixed" ? segment.parts.flatMap((part) => (part.kind === "literal" ? [part.text] : [])) : [];
    }),
  );
  return [
    ...new Set([...literals.filter((text) => text !== ""), "x", "7", "a-b", "report.json", "a%20b", "%7Ea", "..x", "%C3%A4"]),
  ];
}

function segmentText(segment: Segment, words: readonly string[]): fc.Arbitrary<readonly string[]> {
  const word = fc.constantFrom(...words);
  switch (segment.kind) {
    case "literal":
      return fc.oneof({ weight: 9, arbitrary: fc.constant([segment.text]) }, { weight: 1, arbitrary: fc.tuple(word) });
    case "mixed":
      return fc
        .tuple(...segment.parts.map((part) => (part.kind === "literal" ? fc.constant(part.text) : word)))
        .map((parts) => [parts.join("")]);
    case "rest":
      return fc.array(word, { maxLength: 3 });
    default:
      return fc.tuple(word);
  }
}

/** Changes to a path that keep its meaning, or do not. */
function bend(words: readonly string[]): fc.Arbitrary<(path: string) => string> {
  const at = fc.nat(40);
  const insert = (text: string) => at.map((position) => (path: string) => atSlash(path, position, text));
  return fc.oneof(
    insert("/."),
    insert("/.."),
    insert("/"),
    insert("/%2e%2E"),
    insert("%2F"),
    insert("%5cx"),
    insert("%252F"),
    insert("%25%32f.."),
    insert("/x/.."),
    fc.constantFrom(...words).chain((word) => insert(`/${word}`)),
    fc.constant((path: string) => `${path}/`),
    fc.constant((path: string) => path.replace(/\/[^/]*$/, "") || "/"),
    // One character as an escape, in either case.
    fc.tuple(at, fc.boolean()).map(([position, isUpper]) => (path: string) => {
      const index = 1 + (position % Math.max(1, path.length - 1));
      const character = path[index];
      if (character === undefined || character === "%" || /%.?$/.test(path.slice(0, index))) return path;
      const hex = character.charCodeAt(0).toString(16).padStart(2, "0");
      return `${path.slice(0, index)}%${isUpper ? hex.toUpperCase() : hex}${path.slice(index + 1)}`;
    }),
    fc.constant((path: string) => path.toUpperCase()),
    fc.constantFrom("%", "%zz", "%00", "%5C", "%252e", "%FF", ";a=b", "'", "|", '"').map((text) => (path: string) => path + text),
  );
}

/** Puts text in front of one of the slashes. */
function atSlash(path: string, position: number, text: string): string {
  const slashes = [...path].flatMap((character, index) => (character === "/" ? [index] : []));
  const index = slashes[position % slashes.length] ?? 0;
  return path.slice(0, index) + text + path.slice(index);
}

function hostOf({ match }: OperationIr): fc.Arbitrary<string> {
  if (match.hosts.length === 0) return fc.constantFrom("shop.example.com", "other.example:8443");
  return fc
    .tuple(fc.constantFrom(...match.hosts), fc.constantFrom("a.", "a.b.", ""))
    .map(([pattern, label]) => (pattern.startsWith("*.") ? `${label}${pattern.slice(2)}` : pattern));
}

/** The version that an operation belongs to, another one, none, or one that nobody knows. */
const versionValue = (version: VersionMatch, ir: GatewayIr): fc.Arbitrary<string | undefined> =>
  fc.constantFrom(version.value, version.value, ...ir.apis.map((api) => api.version), undefined, "v99");

function parameters({ match }: OperationIr, ir: GatewayIr): fc.Arbitrary<string> {
  const conditions = match.query.map(({ name, value }) =>
    fc.constantFrom(`${name}=${value ?? "1"}`, name, `${name}=other`, undefined),
  );
  const version =
    match.version?.by === "query"
      ? [versionValue(match.version, ir).map((value) => (value === undefined ? undefined : `${match.version!.name}=${value}`))]
      : [];
  const other = fc.constantFrom(
    "a=1",
    "debug=1&q=x",
    "a=%2F%2e",
    "key=acme-key-for-tests-0001",
    "&&",
    "=",
    "%zz",
    "preview",
    undefined,
    undefined,
  );
  return fc.tuple(...conditions, ...version, other).map((parts) => parts.filter((part) => part !== undefined).join("&"));
}

const keys = sampleEnvironment([]);

function fieldsFor({ match }: OperationIr, ir: GatewayIr): fc.Arbitrary<readonly Field[]> {
  const field = (name: string, ...values: (string | undefined)[]): fc.Arbitrary<Field | undefined> =>
    fc.constantFrom(...values).map((value) => (value === undefined ? undefined : ([name, value] as const)));
  const chosen = match.headers.flatMap(({ name, value }) => [
    field(name, value ?? "1", value ?? "2", "other", undefined),
    field(name, value ?? "1", "other", undefined, undefined, undefined, undefined),
  ]);
  if (match.version?.by === "header")
    chosen.push(versionValue(match.version, ir).map((value) => (value === undefined ? undefined : [match.version!.name, value])));
  if (match.version?.by === "mediaType") {
    chosen.push(
      versionValue(match.version, ir).map((value) => [
        "Accept",
        value === undefined ? "*/*" : `text/plain;q=0.1, application/json; ${match.version!.name}="${value}"`,
      ]),
    );
  }
  return fc
    .tuple(
      ...chosen,
      ...[...new Set(["X-Api-Key", ...ir.schemes.flatMap(headerOfScheme)])].map((name) =>
        field(name, keys.ACME_KEY, keys.ACME_KEY, keys.ZENITH_KEY, keys.WIDGET_KEY, "nobody-has-this-key", undefined),
      ),
      field("Origin", "https://shop.example.com", "https://a.example.org", "null", undefined, undefined),
      field("Access-Control-Request-Method", "POST", "GET", undefined, undefined, undefined),
      field("X-Forwarded-For", "10.1.2.3", "203.0.113.7, 192.0.2.1", "::ffff:a01:203", "unknown", undefined, undefined),
      field("Forwarded", "for=10.1.2.3", 'for="[2001:db8::1]"', 'for="', undefined, undefined, undefined),
      field("X-User", "admin", undefined, undefined),
      field("X_Forwarded_For", "10.1.2.3", undefined, undefined, undefined),
      field("X-Request-Id", "from-the-client", undefined),
      field("X-Tenant", "a", "b", undefined),
      field("X-Tenant", "b", undefined, undefined),
      field("Connection", "close", "X-Tenant", undefined, undefined),
    )
    .map((fields) => fields.filter((one) => one !== undefined));
}

/** Where a provider looks for its credential, if that is a header. */
function headerOfScheme({ config }: GatewayIr["schemes"][number]): string[] {
  const { in: place, parameter } = config as { readonly in?: unknown; readonly parameter?: unknown };
  return place === "header" && typeof parameter === "string" && parameter !== "x-api-key" ? [parameter] : [];
}
