import type { OpenapiObject, OpenapiVersion } from "./field.ts";
import { openapiObjects } from "./objects.ts";

const objects: Readonly<Record<string, OpenapiObject>> = openapiObjects;

/** Whether an object of that kind has such a field in any version of OpenAPI, or may have it as an extension. */
export function isFieldOf(kind: string, key: string): boolean {
  const object = Object.hasOwn(objects, kind) ? objects[kind] : undefined;
  return (
    object === undefined ||
    key.startsWith("x-") ||
    Object.hasOwn(object.fields, key) ||
    Object.hasOwn(openapiObjects.reference.fields, key)
  );
}

/** The object by its name in the table; undefined for what is a map, whose keys are names. */
export function openapiObject(kind: string): OpenapiObject | undefined {
  const object = Object.hasOwn(objects, kind) ? objects[kind] : undefined;
  return object?.isMap === true ? undefined : object;
}

/** Names of the fields that an object has in a version. */
export const fieldsIn = ({ fields }: OpenapiObject, version: OpenapiVersion): readonly string[] =>
  Object.keys(fields).filter((key) => fields[key]!.versions.includes(version));
