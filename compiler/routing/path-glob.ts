/** A path as selectors of policy files write it: `/orders/{orderId}` as in the spec, or with `*` for a segment and a last `**`. */
export type PathGlob = readonly string[];

/** Whether a selector stands for several paths. */
export const isGlob = (path: string): boolean => path.split("/").some((segment) => segment.includes("*"));

/** Undefined where a `*` stands beside other text, or a `**` is followed by something. */
export function parseGlob(path: string): PathGlob | undefined {
  if (!path.startsWith("/")) return undefined;
  const segments = path.slice(1).split("/");
  const isRight = segments.every(
    (segment, index) => !segment.includes("*") || segment === "*" || (segment === "**" && index === segments.length - 1),
  );
  return isRight ? segments : undefined;
}

const isParameter = (segment: string): boolean => /^\{[^{}]*\}$/.test(segment);

/** Whether a segment of a glob stands for all that another one stands for. `{id}` stands for a parameter of any name. */
const covers = (wide: string, narrow: string): boolean =>
  wide === narrow || (wide === "*" && narrow !== "") || (isParameter(wide) && isParameter(narrow));

/** Whether one glob stands for every path of another one. A path of a spec is a glob, too. Like a route, `/a/**` stands for `/a` as well. */
export function contains(wide: PathGlob, narrow: PathGlob): boolean {
  if (wide.at(-1) === "**") {
    const begin = wide.slice(0, -1);
    return (
      narrow.length >= begin.length && begin.every((segment, index) => narrow[index] !== "**" && covers(segment, narrow[index]!))
    );
  }
  return (
    wide.length === narrow.length && wide.every((segment, index) => narrow[index] !== "**" && covers(segment, narrow[index]!))
  );
}
