import type { Life } from "../../../runtime/life/life.ts";
import type { Living } from "../../../runtime/life/living.ts";
import type { Log, LogFields } from "../../../runtime/log/log.ts";

/** Notes what is written, as `level event {fields}`. */
export class NotedLog implements Log {
  readonly lines: string[];
  readonly #fields: LogFields;

  constructor(lines: string[] = [], fields: LogFields = {}) {
    this.lines = lines;
    this.#fields = fields;
  }

  write(level: string, event: string, fields: LogFields = {}): void {
    this.lines.push(`${level} ${event} ${JSON.stringify({ ...this.#fields, ...fields })}`);
  }

  with(fields: LogFields): Log {
    return new NotedLog(this.lines, { ...this.#fields, ...fields });
  }
}

/** A living thing that does nothing but what a test gives it. */
export const thing = (name: string, members: Partial<Living> = {}): Living => ({ name, required: true, ...members });

/** A thing whose `start` hands its life to the test. */
export function listening(name = "toy"): { readonly living: Living; readonly life: () => Life } {
  let life: Life | undefined;
  return {
    living: thing(name, { start: (given) => void (life = given) }),
    life: () => {
      if (life === undefined) throw new Error(`${name} has not started`);
      return life;
    },
  };
}

/** A promise that the test settles. */
export function open<Value = void>(): {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
} {
  let resolve!: (value: Value) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
