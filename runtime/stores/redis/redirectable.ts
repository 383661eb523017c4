import type { Command, CommandKey } from "./command.ts";

/** A command that a server of a cluster may say to have done nothing for, as another one has the key. */
export class Redirectable implements Command {
  readonly name: string;
  readonly key: CommandKey;
  readonly isTraced = true;
  readonly #command: Command;
  /** Sends it again where the error says that nothing was done, and returns false otherwise. */
  readonly #follow: (error: unknown, command: Command) => boolean;

  constructor(command: Command, follow: (error: unknown, command: Command) => boolean) {
    this.name = command.name;
    this.key = command.key;
    this.#command = command;
    this.#follow = follow;
  }

  get args(): Command["args"] {
    return this.#command.args;
  }

  toWritable(): string | Buffer {
    return this.#command.toWritable();
  }

  resolve(reply: unknown): void {
    this.#command.resolve(reply);
  }

  reject(error: unknown): void {
    if (!this.#follow(error, this.#command)) this.#command.reject(error);
  }
}
