import type { BodyContentConfig } from "../../../runtime/policies/validate/body-content.ts";
import type { ResponseConfig } from "../../../runtime/policies/validate/response-validation.ts";
import type { ValidateOptions } from "../../../schema/policies.gen.ts";
import type { BodyFormatName, ContentIr, FieldIr, ResponseHeaderIr, ResponseIr } from "../../ir/body.ts";
import type { ConfigIr, Lowered, MakeIr } from "../../ir/config.ts";
import { validatorOf } from "../../ir/emitted.ts";
import { type ParameterShape, scalarBits } from "../../ir/parameter.ts";
import { parseSize } from "../../text/formats.ts";
import { filesOf, isChecked } from "./body-handling.ts";

/** Parts of one multipart body, and pairs of one form. */
const maxFields = 1000;
/** Bytes of the head of one part. */
const maxHeadBytes = 8192;

/** `isWanted`: a policy asks for the value of the body; of answers nobody does. */
export function contentConfig(
  content: ContentIr,
  options: ValidateOptions,
  isWanted: boolean | "ofAnswer",
): Lowered<BodyContentConfig> {
  const { range, schema } = content;
  return {
    type: range.type,
    subtype: range.subtype,
    parameters: range.parameters,
    format: formatOf(content, options, isWanted),
    validator: schema === undefined ? null : validatorOf(schema),
  };
}

function formatOf(content: ContentIr, options: ValidateOptions, isWanted: boolean | "ofAnswer"): MakeIr | null {
  if (!isChecked(content, isWanted === true)) return null;
  const files = isWanted === "ofAnswer" ? [] : filesOf(content);
  if (files.length === 0) return formats[content.format](content, options);
  return make("body/streamed-form", "createStreamedForm", { ...multipartConfig(content, options), files });
}

export function responseConfig({ status, headers, content }: ResponseIr, options: ValidateOptions): Lowered<ResponseConfig> {
  return {
    status,
    headers: headers.map((header) => ({ ...headerConfig(header), explode: header.explode, json: header.json })),
    content: content.map((entry) => contentConfig(entry, options, "ofAnswer")),
  };
}

const make = (module: string, name: string, config: ConfigIr): MakeIr => ({ kind: "make", factory: { module, name }, config });

type FormatOf = (content: ContentIr, options: ValidateOptions) => MakeIr | null;

const json: FormatOf = (_, { maxDepth }) => make("body/json-body", "createJsonBody", { maxDepth, exactIntegers: true });
const text: FormatOf = ({ shape }) =>
  make("body/text-body", "createTextBody", { scalar: scalarBits(shape?.scalar ?? ["string"]) });

/** What reads a body of each format; null where it is only counted. */
const formats: Record<BodyFormatName, FormatOf> = {
  json,
  text,
  binary: () => make("body/binary-body", "createBinaryBody", {}),
  form: ({ fields, additional }, { maxDepth }) =>
    make("body/form-body", "createFormBody", {
      fields: mapFields(fields, formFieldConfig),
      additional: additional === undefined ? undefined : formFieldConfig(additional),
      maxFields,
      maxDepth,
    }),
  multipart: (content, options) => make("body/multipart-body", "createMultipartBody", multipartConfig(content, options)),
  byType: ({ shape }, { maxDepth }) =>
    make("body/by-type-body", "createByTypeBody", {
      maxDepth,
      exactIntegers: true,
      scalar: scalarBits(shape?.scalar ?? ["string"]),
    }),
  unread: () => null,
};

const multipartConfig = ({ fields, additional }: ContentIr, options: ValidateOptions) => ({
  fields: mapFields(fields, (field) => partConfig(field, options), isPart),
  additional: additional === undefined ? undefined : partConfig(additional, options),
  ...(Object.values(fields ?? {}).every(isPart)
    ? {}
    : {
        styled: make("body/styled-parts", "createStyledParts", {
          fields: mapFields(fields, formFieldConfig, (field) => !isPart(field)),
        }),
      }),
  maxParts: maxFields,
  maxHeadBytes,
  maxPartBytes: parseSize(options.maxBody),
  maxDepth: options.maxDepth,
  maxViolations: options.maxViolations,
});

function mapFields(
  fields: ContentIr["fields"],
  map: (field: FieldIr) => ConfigIr,
  isWanted: (field: FieldIr) => boolean = () => true,
): ConfigIr {
  return Object.fromEntries(
    Object.entries(fields ?? {}).flatMap(([name, field]) => (isWanted(field) ? [[name, map(field)] as const] : [])),
  );
}

/** Each of its parts is a value, whatever the others are. */
const isPart = ({ as }: FieldIr): boolean => ["text", "json", "jsonOrText", "binary"].includes(as);

const formFieldConfig = ({ as, shape }: FieldIr): ConfigIr => ({ as, shape: shapeConfig(shape) });

const partConfig = ({ as, streams, shape, mediaTypes, headers }: FieldIr, options: ValidateOptions): ConfigIr => ({
  as,
  ...(streams === undefined ? {} : { streams }),
  shape: shapeConfig(shape),
  mediaTypes: mediaTypes.map(({ type, subtype, parameters }) => ({ type, subtype, parameters })),
  maxBytes: parseSize(options.maxBody),
  headers: headers.map(headerConfig),
});

const headerConfig = ({ name, required, shape, schema }: ResponseHeaderIr) => ({
  name,
  required,
  shape: shapeConfig(shape),
  validator: schema === undefined ? undefined : validatorOf(schema),
});

interface ShapeConfig {
  readonly scalar: number;
  readonly items?: ShapeConfig;
  readonly properties?: { readonly [name: string]: ShapeConfig };
  readonly additional?: ShapeConfig;
  readonly [key: string]: ConfigIr | undefined;
}

function shapeConfig({ scalar, items, properties, additional }: ParameterShape): ShapeConfig {
  return {
    scalar: scalarBits(scalar),
    items: items === undefined ? undefined : shapeConfig(items),
    properties:
      properties === undefined
        ? undefined
        : Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, shapeConfig(member)])),
    additional: additional === undefined ? undefined : shapeConfig(additional),
  };
}
