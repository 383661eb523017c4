import type { StoreBreaker } from "../breaker.ts";
import { isFailed } from "../store.ts";
import { Call, type Caller, type CallFailed } from "./caller.ts";
import { type CommandKey, encoded } from "./command.ts";

/** A command whose arguments may be bytes, and whose reply is not made text. */
export class BytesCall extends Call {
  readonly name: string;
  readonly args: readonly (string | Buffer)[];
  readonly #encoded: string | undefined;
  readonly #end: (reply: unknown) => void;

  /** `encoded`: as it is sent, where that is known already. */
  static send(
    caller: Caller,
    key: CommandKey,
    name: string,
    args: readonly (string | Buffer)[],
    encoded?: string,
  ): CallFailed | Promise<unknown> {
    const pass = caller.admit(key);
    if (isFailed(pass)) return pass;
    return new Promise((resolve) => caller.send(new BytesCall(caller, key, pass, name, args, encoded, resolve)));
  }

  private constructor(
    caller: Caller,
    key: CommandKey,
    breaker: StoreBreaker,
    name: string,
    args: readonly (string | Buffer)[],
    encoded: string | undefined,
    end: (reply: unknown) => void,
  ) {
    super(caller, key, breaker);
    this.name = name;
    this.args = args;
    this.#encoded = encoded;
    this.#end = end;
  }

  toWritable(): string | Buffer {
    if (this.#encoded !== undefined) return this.#encoded;
    const words = [this.name, ...this.args];
    return words.some((word) => typeof word !== "string") ? encodedBytes(words) : encoded(words as readonly string[]);
  }

  protected end(reply: unknown): void {
    this.#end(reply);
  }
}

function encodedBytes(words: readonly (string | Buffer)[]): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = typeof word === "string" ? Buffer.from(word) : word;
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}
