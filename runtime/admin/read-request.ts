import type { IncomingMessage } from "node:http";
import { parseJson } from "../body/json.ts";
import { parseMediaType } from "../body/media-type.ts";
import type { Json } from "../life/json.ts";
import { decode } from "../parameters/decode.ts";
import { ParameterProblems } from "../parameters/problems.ts";
import { absent, repeated, unknown } from "../parameters/report.ts";
import { readScalar } from "../parameters/scalars.ts";
import { type Violation, Violations } from "../validation/violations.ts";
import { type AdminSchema, checkValue } from "./check-value.ts";
import type { AdminRefusal } from "./problem.ts";
import type { AdminRequest, AdminRoute } from "./route.ts";

/** Bytes of a body. */
const longestBody = 65_536;
/** Levels of nesting in a body. */
const deepestBody = 16;
/** Violations that an answer tells of. */
const mostViolations = 10;

/** The part of a Parameter Object that is read. */
interface AdminParameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required?: boolean;
  readonly allowEmptyValue?: boolean;
  readonly schema: AdminSchema;
}

/** As `readScalar` names types. */
const scalarTypes: Readonly<Record<string, number>> = { boolean: 2, integer: 4, number: 8, string: 16 };

/** What a route is asked, validated by what `/openapi.json` says of it, or why it is refused. */
export async function readRequest(
  route: AdminRoute,
  values: ReadonlyMap<string, string>,
  query: string,
  request: IncomingMessage,
): Promise<AdminRequest | AdminRefusal> {
  const problems = new ParameterProblems(mostViolations);
  const parameters = readParameters(route, values, query, problems);
  if (!problems.isEmpty) return invalid("The parameters are not valid", problems.list);
  const schema = bodySchema(route);
  if (schema === undefined) return { parameters, body: undefined };
  const body = await readBody(schema, request);
  return "status" in body ? body : { parameters, body: body.value };
}

function readParameters(
  route: AdminRoute,
  values: ReadonlyMap<string, string>,
  query: string,
  problems: ParameterProblems,
): AdminRequest["parameters"] {
  // What a parameter object must have is promised by `AdminOperation` and shown by the test of the document.
  const declared = (route.describe.parameters ?? []) as unknown as readonly AdminParameter[];
  const pairs = queryPairs(query);
  const parameters: [string, string | number | boolean][] = [];
  for (const parameter of declared) {
    const { name, in: place } = parameter;
    const found = problems.of(place, name);
    const sent = place === "path" ? [values.get(name)!] : pairs.filter((pair) => pair.name === name).map(({ value }) => value);
    if (sent.length > 1) repeated(found);
    else if (sent.length === 0) parameter.required === true && absent(found);
    else {
      const value = readOne(parameter, sent[0]!, found);
      if (value !== undefined) parameters.push([name, value]);
    }
  }
  for (const { name } of pairs)
    if (!declared.some((parameter) => parameter.in === "query" && parameter.name === name)) unknown(problems.of("query", name));
  return Object.fromEntries(parameters);
}

function readOne(
  { in: place, allowEmptyValue, schema }: AdminParameter,
  raw: string,
  found: Violations,
): string | number | boolean | undefined {
  if (allowEmptyValue === true && raw === "") return true;
  const value = readScalar(raw, scalarTypes[schema.type ?? "string"]!, place === "path" ? 1 : 2, found);
  // An integer that no double holds is beyond every bound that a route has.
  if (typeof value === "bigint") return void found.add("type", "must be a number that a double holds");
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  checkValue(schema, value, found);
  return found.list.length === 0 ? value : undefined;
}

/** Values stay encoded; a name that cannot be decoded is one that nobody declares. */
function queryPairs(query: string): { readonly name: string; readonly value: string }[] {
  if (query === "") return [];
  return query.split("&").flatMap((pair) => {
    if (pair === "") return [];
    const equals = pair.indexOf("=");
    const name = equals < 0 ? pair : pair.slice(0, equals);
    return [{ name: decode(name, 2) ?? name, value: equals < 0 ? "" : pair.slice(equals + 1) }];
  });
}

function bodySchema({ describe: { requestBody } }: AdminRoute): AdminSchema | undefined {
  const content = requestBody?.content as { readonly "application/json"?: { readonly schema: AdminSchema } } | undefined;
  return content?.["application/json"]?.schema;
}

async function readBody(schema: AdminSchema, request: IncomingMessage): Promise<{ readonly value: Json } | AdminRefusal> {
  const media = parseMediaType(request.headers["content-type"] ?? "");
  // No form of a page from another site can send this type.
  if (media?.type !== "application" || media.subtype !== "json")
    return { status: 415, title: "The body must be JSON", detail: "Send the field `Content-Type: application/json`." };
  if (request.headers["content-encoding"] !== undefined)
    return { status: 415, title: "The body must not be compressed", detail: "Send it without `Content-Encoding`." };
  const bytes = await bytesOf(request);
  if (bytes === undefined)
    return { status: 413, title: "The body is too large", detail: `At most ${longestBody} bytes are accepted.` };
  const { value, problem } = parseJson(bytes, { maxDepth: deepestBody });
  if (problem !== undefined) return { status: 400, title: "The body is not valid JSON", detail: problem.detail };
  const found = new Violations({ in: "body" }, mostViolations);
  checkValue(schema, value, found);
  if (found.list.length > 0) return invalid("The body is not valid", found.list);
  // What was parsed as JSON is JSON.
  return { value: value as Json };
}

/** Undefined where there are too many. */
async function bytesOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  // Without an encoding, a request gives its body as buffers.
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > longestBody) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function invalid(title: string, violations: readonly Violation[]): AdminRefusal {
  const told = violations.map(({ in: place, name, pointer, message }) => {
    const where = place === "body" ? (pointer === "" ? "the body" : pointer) : `${place} parameter ${name}`;
    return `${where} ${message}`;
  });
  return { status: 400, title, detail: `${told.join("; ")}.` };
}
