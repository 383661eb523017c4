import { type CidrRanges, CidrSetBuilder } from "../../addresses/cidr.ts";

/** Lines that are read in one go: others have their turn in between. */
const turn = 4_096;

/** Characters of a line that a message quotes. */
const quoted = 60;

/**
 * The blocks of a list: one on each line, with comments from `#` or `;` on, or a JSON array of strings. Throws where it is
 * not a list, with what is wrong as the end of a sentence.
 *
 * Without a single line it is not one either: a file that is being written over, a server that lost its data. One that is
 * empty on purpose says so in a comment.
 */
export function blocksOf(text: string): readonly string[] {
  const body = text.startsWith("\ufeff") ? text.slice(1) : text;
  if (body.trimStart().startsWith("[")) return blocksOfJson(body);
  if (body.trim() === "") throw new Error("it is empty. Write a comment (`# nobody`) into a list that is meant to be");
  const blocks: string[] = [];
  for (const line of body.split("\n")) {
    const block = line.slice(0, commentAt(line)).trim();
    if (block !== "") blocks.push(block);
  }
  return blocks;
}

function commentAt(line: string): number {
  const [hash, semicolon] = [line.indexOf("#"), line.indexOf(";")];
  return Math.min(hash < 0 ? line.length : hash, semicolon < 0 ? line.length : semicolon);
}

function blocksOfJson(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("it begins like a JSON array and is not one");
  }
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new Error("it is JSON, and not an array of strings");
}

/** Throws where one of the blocks is not one: with a line left out, the list would say something else. */
export async function setOf(blocks: readonly string[]): Promise<CidrRanges> {
  const builder = new CidrSetBuilder();
  for (const [index, block] of blocks.entries()) {
    if (!builder.add(block))
      throw new Error(`\`${block.slice(0, quoted)}\`, entry ${index + 1} of it, is neither an address nor a CIDR block`);
    if (index % turn === turn - 1) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return builder.build();
}
