import { generate } from "./index.ts";
import { newPolicy } from "./new-policy.ts";

const usage = `Usage:
  npm run generate                    bring every generated file up to date
  npm run generate -- --check         write nothing; fail where a file is out of date
  npm run new-policy NAME             make the rooms of a new policy
`;

/** Exit codes: 0 fine, 1 something to mend, 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  const root = process.cwd();
  const [first, second, ...rest] = args;
  if (first === "new-policy" && second !== undefined && rest.length === 0) {
    const made = newPolicy(root, second);
    if ("refused" in made) return say(process.stderr, [made.refused], 1);
    say(process.stdout, made.files);
  } else if (args.length > 0 && (first !== "--check" || args.length > 1)) return say(process.stderr, [usage.trimEnd()], 2);

  const out = await generate(root);
  say(process.stderr, out.problems);
  if (first === "--check") {
    const outdated = out.differences(root).map((path) => `${path} is out of date: run \`npm run generate\``);
    return say(process.stderr, outdated, outdated.length + out.problems.length > 0 ? 1 : 0);
  }
  return say(process.stdout, out.apply(root), out.problems.length > 0 ? 1 : 0);
}

function say(stream: NodeJS.WriteStream, lines: readonly string[], code = 0): number {
  for (const line of lines) stream.write(`${line}\n`);
  return code;
}

process.exitCode = await main(process.argv.slice(2));
