/** The known name nearest to a mistyped one, or undefined where none is near enough to be meant. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance);
    // Where every character is another one, none was meant.
    if (distance < bestDistance && distance < Math.max(name.length, candidate.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** All policies fit; of a thousand operations a few do. */
const mostShown = 60;

/**
 * `Did you mean "x"?`, or the known names where none is near, for the help line of a diagnostic.
 *
 * @param written a name as it has to be written, where that is not the name itself
 */
export function suggestion(name: string, known: readonly string[], written = (candidate: string): string => candidate): string {
  const near = nearest(name, known);
  if (near !== undefined) return `Did you mean \`${written(near)}\`?`;
  if (known.length === 0) return "There is none to choose from.";
  const shown = (known.length <= mostShown ? known : known.slice(0, 12)).map((candidate) => `\`${written(candidate)}\``);
  return `Known: ${shown.join(", ")}${known.length > shown.length ? `, and ${known.length - shown.length} more` : ""}.`;
}

/** Optimal string alignment distance (Damerau–Levenshtein without overlapping swaps), cut off at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, beforeLast[j - 2]! + 1);
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
