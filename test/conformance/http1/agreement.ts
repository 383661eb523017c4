import type { Message, Reading } from "./message.ts";

/**
 * Whether nobody behind the gateway can be made to see another message than the gateway saw: what it read is what Node
 * reads, message by message, up to the place where the gateway refuses. Says what differs; undefined where nothing does.
 */
export function disagreement(ours: Reading, node: Reading): string | undefined {
  for (const [index, message] of ours.messages.entries()) {
    const theirs = node.messages[index];
    const isLast = index === ours.messages.length - 1;
    // Refused with an error of its own, and nothing was read behind it.
    if (theirs === undefined && message.isRefused && isLast && ours.end !== "more") return undefined;
    if (theirs === undefined) return `Node does not accept message ${index + 1}, ${message.start}`;
    const difference = differenceOf(message, theirs, ours.end);
    if (difference !== undefined) return `message ${index + 1}: ${difference}`;
  }
  if (ours.end === "more" && node.messages.length > ours.messages.length)
    return `Node reads ${node.messages.length} messages, the gateway ${ours.messages.length}`;
  return undefined;
}

function differenceOf(ours: Message, theirs: Message, end: Reading["end"]): string | undefined {
  if (ours.start !== theirs.start) return `${ours.start} is ${theirs.start} to Node`;
  if (ours.isRefused) return undefined;
  const fields = listDifference(ours.fields, theirs.fields);
  if (fields !== undefined) return fields;
  if (!ours.isWhole && end === "refused") return undefined;
  if (ours.isWhole !== theirs.isWhole) return ours.isWhole ? "it is not whole to Node" : "it is whole to Node";
  if (ours.body !== theirs.body) return `the body is ${JSON.stringify(ours.body)}, and ${JSON.stringify(theirs.body)} to Node`;
  return ours.isWhole ? listDifference(ours.trailers, theirs.trailers) : undefined;
}

function listDifference(ours: readonly string[], theirs: readonly string[]): string | undefined {
  const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)];
  return a === b ? undefined : `${a} is ${b} to Node`;
}

/**
 * The reading as far as it does not depend on how the bytes came. Of a body that breaks, more or less was seen; an answer
 * that breaks where its head ends was not seen at all.
 */
export function outcomeOf({ messages, end }: Reading): string {
  const isBroken = (message: Message): boolean => !message.isWhole && !message.isRefused && end === "refused";
  const isAnswer = ({ start }: Message): boolean => /^\d/.test(start);
  const seen = messages.filter((message) => !isBroken(message) || !isAnswer(message));
  return JSON.stringify({ messages: seen.map((message) => (isBroken(message) ? { ...message, body: "" } : message)), end });
}
