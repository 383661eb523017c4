/** Names and values of labels, alternating, from the text that `label` has made of them. */
export function labelPairs(labels: string): string[] {
  const pairs: string[] = [];
  const pattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?/gsy;
  for (const [, name, value] of labels.matchAll(pattern)) pairs.push(name!, unescaped(value!));
  return pairs;
}

const unescaped = (value: string): string =>
  value.includes("\\") ? value.replaceAll(/\\(.)/gs, (_, one: string) => (one === "n" ? "\n" : one)) : value;
