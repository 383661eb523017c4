/** Names and values of labels, alternating, from the text that `label` has made of them. */
export function labelPairs(labels: string): string[] {
  const pairs: string[] = [];
  let at = 0;
  while (at < labels.length) {
    const equals = labels.indexOf("=", at);
    pairs.push(labels.slice(at, equals));
    let end = equals + 2;
    let value = "";
    for (;;) {
      const quote = labels.indexOf('"', end);
      const escape = labels.lastIndexOf("\\", quote);
      if (escape < end) {
        value += labels.slice(end, quote);
        // Behind the quote and the comma.
        at = quote + 2;
        break;
      }
      const first = labels.indexOf("\\", end);
      const escaped = labels[first + 1]!;
      value += labels.slice(end, first) + (escaped === "n" ? "\n" : escaped);
      end = first + 2;
    }
    pairs.push(value);
  }
  return pairs;
}
