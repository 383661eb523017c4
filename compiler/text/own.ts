/**
 * The member of that name which the record itself has. Names come from users, and every plain object answers to
 * `constructor`, `toString` and `__proto__` as well.
 */
export const own = <Value>(record: { readonly [name: string]: Value } | undefined, name: string): Value | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;

/** Makes it a member of the record itself, also where the name is `__proto__`, which would set the prototype otherwise. */
export function setOwn<Value>(record: { [name: string]: Value }, name: string, value: Value): void {
  if (name === "__proto__") Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
  else record[name] = value;
}
