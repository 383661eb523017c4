/** A member of what was read from JSON; undefined where it is not there, or where there is no object. */
export const fieldIn = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? // An object that has it.
      (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
