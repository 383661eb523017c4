import { type ChildProcess, spawn } from "node:child_process";

/**
 * What became of a new bundle: `started` where no gateway ran before, `replaced` where its workers took over, `kept`
 * where they could not start and the ones before go on, `failed` where nothing runs.
 */
export type Outcome = "started" | "replaced" | "kept" | "failed";

/** A gateway that runs from a bundle file and can be told that the file is a new one. Its output goes where ours goes. */
export class GatewayProcess {
  readonly #bundle: string;
  readonly #workers: number;
  #child: ChildProcess | undefined;

  constructor(bundle: string, workers: number) {
    this.#bundle = bundle;
    this.#workers = workers;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Serves from the bundle as it is now. */
  async take(): Promise<Outcome> {
    if (this.#child === undefined) return (await this.#start()) === "ready" ? "started" : "failed";
    const child = this.#child;
    const word = next(child);
    child.kill("SIGHUP");
    const said = await word;
    return said === "ready" ? "replaced" : said === "kept" ? "kept" : "failed";
  }

  /** Lets the gateway finish what is in flight; resolves when it has ended. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const word = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await word;
  }

  async #start(): Promise<Word> {
    const child = spawn(process.execPath, ["--enable-source-maps", this.#bundle, "--workers", String(this.#workers)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    child.once("exit", () => {
      this.#child = undefined;
    });
    return next(child);
  }
}

/** What the primary process of a gateway tells its parent; `ended` where it ends instead. */
type Word = "ready" | "kept" | "ended";

function next(child: ChildProcess): Promise<Word> {
  return new Promise((resolve) => {
    const hear = (message: unknown): void => {
      if (message === "ready" || message === "kept") finish(message);
    };
    const end = (): void => finish("ended");
    const finish = (word: Word): void => {
      child.off("message", hear).off("exit", end);
      resolve(word);
    };
    child.on("message", hear).on("exit", end);
  });
}
