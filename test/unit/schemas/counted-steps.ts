import type { JsonValue } from "../../../compiler/source/source-set.ts";
import { type Compiled, compileSchemas } from "./emitted.ts";

/** Steps of emitted validators: functions entered and loops gone round. */
export interface Steps {
  readonly compiled: Compiled;
  /** To say whether a value is valid. Throws beyond a million. */
  readonly toJudge: (name: string, value: unknown) => number;
  /** To say whether it is, and what is wrong with it. */
  readonly toTell: (name: string, value: unknown) => number;
}

const most = 1_000_000;
let instances = 0;

/** Compiles schemas with a counter in each function and loop: a measure that is the same on every machine. */
export async function countSteps(schemas: Readonly<Record<string, JsonValue>>): Promise<Steps> {
  const name = `steps${instances++}`;
  const scope = globalThis as unknown as Record<string, (() => void) | undefined>;
  let count = 0;
  scope[name] = () => {
    if (++count > most) throw new Error(`more than ${most} steps`);
  };
  const counted = (text: string): string =>
    text
      .replaceAll(/^( *(?:export )?function .*\{| *for \(.*\{)$/gm, `$1 ${name}();`)
      .replaceAll(/^( *for \([^{]*?\)) ((?:if|\w+\.add).*;)$/gm, `$1 { ${name}(); $2 }`);
  const compiled = await compileSchemas(schemas, { rewrite: counted });
  const steps = (work: () => unknown): number => {
    count = 0;
    work();
    return count;
  };
  return {
    compiled,
    toJudge: (schema, value) => steps(() => compiled.valid(schema, value)),
    toTell: (schema, value) => steps(() => compiled.violations(schema, value)),
  };
}
