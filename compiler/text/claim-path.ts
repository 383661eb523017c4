/** The names on the way into the claims; undefined where it is absent, or not a path. */
export function parsePath(path: string | readonly string[] | undefined): readonly string[] | undefined {
  if (path === undefined || typeof path !== "string") return path;
  const names: string[] = [];
  let rest = path;
  if (!rest.startsWith("claims")) return undefined;
  for (rest = rest.slice("claims".length); rest !== ""; ) {
    const found = /^\.([A-Za-z_][A-Za-z0-9_-]*)|^\["([^"\\]+)"\]|^\['([^'\\]+)'\]/.exec(rest);
    if (found === null) return undefined;
    names.push(found[1] ?? found[2] ?? found[3]!);
    rest = rest.slice(found[0].length);
  }
  return names.length === 0 ? undefined : names;
}

/** What to write instead of what is not a path. People leave out the beginning, or write JSONPath. */
export function pathRemedy(path: string): string {
  const meant = `claims.${path.replace(/^\$\.?/, "")}`;
  return parsePath(meant) === undefined
    ? "Write such a path, or a list of the names on the way, such as `[realm_access, roles]`."
    : `Write \`${meant}\`, or a list of the names on the way, such as \`[realm_access, roles]\`.`;
}
