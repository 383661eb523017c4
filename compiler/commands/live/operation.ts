import { suggestion } from "../../diagnostics/suggest.ts";
import { UsageError } from "../usage-error.ts";
import type { LiveRequest } from "./client.ts";

/** The parts of the admin document that are read. */
export interface AdminDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

interface DescribedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly required?: boolean };
}

/** An operation of the document and where it stands. */
export interface LiveOperation extends DescribedOperation {
  readonly method: string;
  readonly path: string;
}

export const operationsOf = ({ paths }: AdminDocument): LiveOperation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
  );

/**
 * The request that calls an operation of the document.
 *
 * @param given `name=value`, one for each parameter
 */
export function requestOf(
  document: AdminDocument,
  operationId: string,
  given: readonly string[],
  body: string | undefined,
): LiveRequest {
  const operations = operationsOf(document);
  const operation = operations.find((one) => one.operationId === operationId);
  if (operation === undefined) {
    const known = operations.map((one) => one.operationId);
    throw new UsageError(`The gateway has no operation \`${operationId}\`. ${suggestion(operationId, known)}`);
  }
  const { parameters = [], requestBody } = operation;
  const values = valuesOf(operation, given);
  for (const { name, required } of parameters)
    if (required === true && !values.has(name)) throw new UsageError(`\`${operationId}\` needs \`--param ${name}=…\`.`);
  if (requestBody?.required === true && body === undefined)
    throw new UsageError(`\`${operationId}\` needs a body: \`--body '{…}'\`, as \`/openapi.json\` describes it.`);
  if (requestBody === undefined && body !== undefined) throw new UsageError(`\`${operationId}\` takes no body.`);
  const path = operation.path.replaceAll(/\{([^}]*)\}/g, (_whole, name: string) => encodeURIComponent(values.get(name)!));
  const query = parameters
    .filter(({ in: place, name }) => place === "query" && values.has(name))
    .map(({ name }) => `${encodeURIComponent(name)}=${encodeURIComponent(values.get(name)!)}`);
  return {
    method: operation.method,
    path: query.length === 0 ? path : `${path}?${query.join("&")}`,
    ...(body === undefined ? {} : { body: jsonText(body) }),
  };
}

function valuesOf({ operationId, parameters = [] }: LiveOperation, given: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const text of given) {
    const equals = text.indexOf("=");
    if (equals < 1) throw new UsageError(`\`--param ${text}\` is not written as \`name=value\`.`);
    const name = text.slice(0, equals);
    const known = parameters.map((parameter) => parameter.name);
    if (!known.includes(name))
      throw new UsageError(
        known.length === 0
          ? `\`${operationId}\` has no parameters.`
          : `\`${operationId}\` has no parameter \`${name}\`. ${suggestion(name, known)}`,
      );
    if (values.has(name)) throw new UsageError(`\`--param ${name}\` is written twice.`);
    values.set(name, text.slice(equals + 1));
  }
  return values;
}

function jsonText(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch (error) {
    throw new UsageError(`\`--body\` is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
