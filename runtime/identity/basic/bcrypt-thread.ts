import { Worker } from "node:worker_threads";
import { type Contained, contained } from "../../life/boundary.ts";
import { bcryptCode } from "./bcrypt-code.gen.ts";

export interface BcryptThread {
  readonly __made: true;
  /** Rejects where the thread has failed. */
  compare(password: string, hash: string): Promise<boolean>;
  stop(): void;
}

export const createBcryptThread = (_config: object): BcryptThread => new OneThread();

/** What the thread does, behind the code of bcrypt: one password after the other. */
const loop = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", ({ id, password, hash }) => parentPort.postMessage({ id, isRight: bcrypt.compareSync(password, hash) }));
`;

interface Waiting {
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** bcrypt in JavaScript takes some 80 ms at cost 10: too long for a thread that has requests to serve. */
class OneThread implements BcryptThread, Contained {
  declare readonly __made: true;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined = undefined;
  #next = 0;

  compare(password: string, hash: string): Promise<boolean> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker ??= this.#start();
      this.#worker.postMessage({ id, password, hash });
    });
  }

  #start(): Worker {
    const code = `const bcrypt = (() => { const module = { exports: {} }; const exports = module.exports; ${bcryptCode}\n; return module.exports; })();${loop}`;
    const worker = new Worker(code, { eval: true, env: {}, argv: [], execArgv: [] });
    worker.unref();
    worker.on(
      "message",
      contained(this, ({ id, isRight }: { readonly id: number; readonly isRight: boolean }): void => {
        this.#waiting.get(id)?.resolve(isRight);
        this.#waiting.delete(id);
      }),
    );
    worker.on(
      "error",
      contained(this, (error: Error): void => this.broke(error)),
    );
    return worker;
  }

  /** The next password starts another one. */
  broke(error: unknown): void {
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error instanceof Error ? error : new Error(String(error)));
  }

  stop(): void {
    const worker = this.#worker;
    this.broke(new Error("the gateway stops"));
    void worker?.terminate().catch(() => {});
  }
}
