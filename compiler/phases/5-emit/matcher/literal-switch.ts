import type CodeBlockWriter from "code-block-writer";

/** One literal child: the text to compare at `at` and what to write for it. */
export interface LiteralBranch {
  readonly text: string;
  readonly write: () => void;
}

/** So many texts are compared one after the other. */
const fewest = 2;

/**
 * Finds the branch to compare by the character in the most telling position. Positions lie within the shortest text
 * and the path is known to be as long: reading past the end of a string is slow.
 */
export function writeLiteralSwitch(writer: CodeBlockWriter, branches: readonly LiteralBranch[], isLast: boolean): void {
  if (branches.length <= fewest) {
    // The longer first: where one continues the other, both may have to be looked at.
    for (const branch of branches.toSorted((a, b) => b.text.length - a.text.length)) branch.write();
    return;
  }
  const shortest = Math.min(...branches.map(({ text }) => text.length));
  if (isLast) writer.writeLine(`if (path.length < at + ${shortest}) return null;`);
  else writer.write(`if (path.length >= at + ${shortest}) `);
  const write = (): void => writeSwitch(writer, branches);
  if (isLast) write();
  else writer.inlineBlock(write).newLine();
}

function writeSwitch(writer: CodeBlockWriter, branches: readonly LiteralBranch[]): void {
  const position = mostTelling(branches);
  if (position === undefined) {
    for (const branch of branches.toSorted((a, b) => b.text.length - a.text.length)) branch.write();
    return;
  }
  const groups = new Map<number, LiteralBranch[]>();
  for (const branch of branches) {
    const code = branch.text.charCodeAt(position);
    const group = groups.get(code);
    if (group === undefined) groups.set(code, [branch]);
    else group.push(branch);
  }
  writer.write(`switch (path.charCodeAt(at${position === 0 ? "" : ` + ${position}`})) `).inlineBlock(() => {
    for (const [code, group] of [...groups].sort(([a], [b]) => a - b)) {
      writer.write(`case ${code}: `).inlineBlock(() => {
        if (group.length <= fewest) for (const branch of group.toSorted((a, b) => b.text.length - a.text.length)) branch.write();
        else writeSwitch(writer, group);
        writer.writeLine("break;");
      });
      writer.newLine();
    }
  });
  writer.newLine();
}

/** The position with most distinct characters among those that every text has. */
function mostTelling(branches: readonly LiteralBranch[]): number | undefined {
  const shortest = Math.min(...branches.map(({ text }) => text.length));
  let best: number | undefined;
  let most = 1;
  for (let position = 0; position < shortest; position++) {
    const distinct = new Set(branches.map(({ text }) => text.charCodeAt(position))).size;
    if (distinct > most) {
      best = position;
      most = distinct;
    }
  }
  return best;
}
