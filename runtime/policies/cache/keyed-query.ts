/** The parameters of these names, as they came. */
export function keyedQuery(query: string, names: readonly string[]): string {
  if (query === "") return "";
  const kept = query.split("&").filter((pair) => {
    const equals = pair.indexOf("=");
    return names.includes(decoded(equals < 0 ? pair : pair.slice(0, equals)));
  });
  return kept.join("&");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
