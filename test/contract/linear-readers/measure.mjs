// Prints as JSON which readers take more than five times the steps for four times the text, and how many were measured.
import { countNatives, startCounting } from "./counted.mjs";
import { allReaders } from "./readers.mjs";
import { textsOf } from "./texts.mjs";

const runtime = new URL("../../../dist/runtime", import.meta.url).href;
const { readers, unknown } = await allReaders(runtime);
const only = process.argv[2];
const size = 1_500;
/** Texts that are looked at together first, as each look takes milliseconds. */
const together = 40;
const wrong = [];
const failures = [];
let measured = 0;
countNatives();
const steps = await startCounting(runtime);

async function isLinear(read, texts) {
  const [small, large] = [texts.map(({ textOf }) => textOf(size)), texts.map(({ textOf }) => textOf(size * 4))];
  const few = await steps(read, small);
  const many = await steps(read, large);
  // A reader that ends early for one length and not for another still takes some steps for each character.
  return { few, many, isLinear: many <= few * 5 + 4 * large.reduce((length, text) => length + text.length, 0) };
}

for (const [name, read] of readers) {
  if (only !== undefined && !name.includes(only)) continue;
  const texts = [...textsOf()];
  measured += texts.length;
  try {
    // Tables and caches that are made once.
    await steps(read, [texts[0].textOf(size)]);
    for (let start = 0; start < texts.length; start += together) {
      const some = texts.slice(start, start + together);
      if ((await isLinear(read, some)).isLinear) continue;
      for (const text of some) {
        const { few, many, isLinear: isFine } = await isLinear(read, [text]);
        if (!isFine) wrong.push(`${name}: ${few} steps for ${size} of ${text.title}, ${many} for four times as many`);
      }
    }
  } catch (error) {
    failures.push(`${name}: ${error.stack}`);
  }
}
console.log(JSON.stringify({ readers: readers.size, measured, unknown, wrong, failures }));
