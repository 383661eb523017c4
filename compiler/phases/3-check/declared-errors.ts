import { entriesOf, isObject, resolved } from "../../contract/bodies/spec-tree.ts";
import type { ExpressionIr } from "../../expressions/index.ts";
import { type Misfit, misfitOf } from "../../expressions/json-shape/misfit.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import type { ErrorMismatch } from "../../policy/contract.ts";
import type { JsonObject, JsonValue } from "../../source/source-set.ts";
import type { LinkedOperation } from "../2-link/linked-gateway.ts";

interface Declared {
  /** `404`, `4XX` or `default`. */
  readonly status: string;
  readonly content: readonly { readonly mediaType: string; readonly schema: JsonValue }[];
  readonly origin: Origin;
}

/**
 * What the spec declares otherwise for errors of an operation than `body` makes them, for each of `statuses`. Schemas are
 * looked at as they are written: what only answers of the gateway have is no reason to bring them into the gateway.
 */
export function errorMismatches(
  { spec }: Pick<LinkedOperation, "spec">,
  {
    body,
    mediaType,
    statuses,
  }: { readonly body: ExpressionIr; readonly mediaType: string; readonly statuses: readonly number[] },
  positions: Positions,
): ErrorMismatch[] {
  if (spec === undefined) return [];
  const { source, operation } = spec;
  const responses = entriesOf(operation.responses).flatMap(([written, item]): Declared[] => {
    const status = written.toLowerCase() === "default" ? "default" : written.toUpperCase();
    const content = entriesOf(resolved(item, source)?.content).flatMap(([type, media]) =>
      isObject(media) && media.schema !== undefined ? [{ mediaType: type, schema: media.schema }] : [],
    );
    return [{ status, content, origin: positions.key(operation.responses as JsonObject, written) }];
  });
  return responses.flatMap((response): ErrorMismatch[] => {
    const { status: declared, content, origin } = response;
    const own = statuses.filter((status) => declaredFor(status, responses) === response);
    if (own.length === 0 || content.length === 0) return [];
    const media = content.find((one) => covers(essence(one.mediaType), essence(mediaType)));
    if (media === undefined) return [{ declared, mediaTypes: content.map((one) => one.mediaType), origin }];
    const found = own.flatMap((status) => {
      const misfit = misfitOf(body.root, media.schema, { status, resolve: (schema) => source.resolve(schema as JsonObject) });
      return misfit === undefined ? [] : [{ misfit, status }];
    });
    const [first] = found;
    if (first === undefined) return [];
    const alike = found.filter(({ misfit }) => isSame(misfit, first.misfit)).map(({ status }) => status);
    return [{ declared, misfit: first.misfit, statuses: alike.length === own.length ? [] : alike, origin }];
  });
}

const isSame = (a: Misfit, b: Misfit): boolean => a.pointer === b.pointer && a.wanted === b.wanted;

/** The status itself counts before its range, and that before `default` (OpenAPI 3.1.1 §4.8.16.1). */
function declaredFor(status: number, responses: readonly Declared[]): Declared | undefined {
  const named = (name: string): Declared | undefined => responses.find((response) => response.status === name);
  return named(String(status)) ?? named(`${String(status)[0]!}XX`) ?? named("default");
}

const essence = (mediaType: string): string => mediaType.split(";")[0]!.trim().toLowerCase();

/** `declared` may be a range. */
function covers(declared: string, type: string): boolean {
  if (declared === "*/*" || declared === type) return true;
  return declared.endsWith("/*") && type.startsWith(declared.slice(0, -1));
}
