import type { ResponseHeaderIr } from "../../ir/body.ts";
import { textShape } from "../../ir/parameter.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { shapeOf } from "../parameters/shape.ts";
import { unenforcedHeader } from "./messages.gen.ts";
import { type BodyContext, type BodyView, entriesOf, isSchema, resolved } from "./spec-tree.ts";

/** The Header Objects of a response or of a part, sorted by name. */
export function linkHeaders(
  written: JsonValue | undefined,
  spec: SpecSource,
  name: string,
  view: BodyView,
  context: BodyContext,
): readonly ResponseHeaderIr[] {
  const headers: ResponseHeaderIr[] = [];
  for (const [field, item] of entriesOf(written)) {
    const header = resolved(item, spec);
    const lower = field.toLowerCase();
    // OpenAPI: a header named Content-Type is ignored, as `content` says it.
    if (header === undefined || lower === "content-type") continue;
    headers.push(
      linkHeader(header, lower, context.positions.key(written as JsonObject, field), spec, `${name}.${lower}`, view, context),
    );
  }
  return headers.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function linkHeader(
  header: JsonObject,
  name: string,
  origin: ResponseHeaderIr["origin"],
  spec: SpecSource,
  id: string,
  view: BodyView,
  { schemas, sink }: BodyContext,
): ResponseHeaderIr {
  const common = { name, required: header.required === true, explode: header.explode === true, origin };
  const [media] = entriesOf(header.content);
  if (media !== undefined) {
    const [mediaType, item] = media;
    const schema = resolved(item, spec)?.schema;
    if (/^application\/([^;]+\+)?json\s*(;|$)/i.test(mediaType) && isSchema(schema)) {
      return { ...common, json: true, shape: textShape, schema: schemas.add(spec, schema, id, view) };
    }
    sink.report(unenforcedHeader(origin, { name, reason: `the gateway does not read \`${mediaType}\` in a field` }));
    return { ...common, json: false, shape: textShape };
  }
  if (!isSchema(header.schema)) return { ...common, json: false, shape: textShape };
  const schema = schemas.add(spec, header.schema, id, view);
  const { shape, isEndless } = shapeOf(schemas.get(schema) ?? true, (ref) => schemas.get(ref.slice(2)));
  const nested = [shape.items, ...Object.values(shape.properties ?? {}), shape.additional].some(
    (inner) => inner !== undefined && inner.scalar.length === 0,
  );
  if (isEndless || nested) {
    sink.report(unenforcedHeader(origin, { name, reason: "its schema has values that `style: simple` cannot write" }));
    return { ...common, json: false, shape: textShape };
  }
  return { ...common, json: false, shape, schema };
}
