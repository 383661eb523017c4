import cluster, { type Worker } from "node:cluster";
import { clock } from "../clock.ts";
import type { MetricFamily } from "../gateway.ts";
import { sumMetrics } from "../http/metrics-text.ts";
import { type FromWorker, isMessage, type ToWorker } from "./worker-messages.ts";

export interface WorkerPoolOptions {
  /** The bundle to run; undefined: the file that this process was started with. */
  readonly exec?: string;
  readonly args?: readonly string[];
  readonly workers: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds that a worker gets to drain. */
  readonly drainTimeout: number;
  /** A worker died that had served. It is started again after `delay` milliseconds. */
  readonly onRestart?: (reason: string, delay: number) => void;
}

/** A worker did not come to serve; what it had to say is on standard error. */
export class WorkerStartError extends Error {
  override readonly name = "WorkerStartError";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`a worker ended with ${exitCode} before it was ready`);
    this.exitCode = exitCode;
  }
}

export interface Ready {
  readonly port: number;
  readonly adminPort: number | undefined;
}

/**
 * Workers of one bundle behind listening sockets that this process, the primary of node:cluster, holds. As the sockets
 * stay open, workers can be replaced while every connection finds one that takes it.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  #serving = new Set<Worker>();
  readonly #startedAt = new WeakMap<Worker, number>();
  readonly #collecting = new Map<number, (families: readonly MetricFamily[]) => void>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #nextId = 0;
  #failures = 0;
  #isStopping = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#setup(options.exec);
  }

  get size(): number {
    return this.#serving.size;
  }

  /** Resolves when all workers serve. Throws a `WorkerStartError` where the first cannot. */
  async start(): Promise<Ready> {
    // One first: what keeps it from starting would keep all, and one message says it.
    const ready = await this.#startWorker();
    await Promise.all(Array.from({ length: this.#options.workers - 1 }, () => this.#startWorker()));
    return ready;
  }

  /**
   * New workers, from `exec` or from the same file as it is now, take over. Resolves when every new connection goes to
   * them; the old ones drain and exit by themselves. Where a new one cannot start, a `WorkerStartError` is thrown and
   * the old ones serve on.
   */
  replace(exec = this.#options.exec): Promise<Ready> {
    // One after the other: each has to know which workers are the old ones.
    const replaced = this.#turn.then(() => this.#replace(exec));
    this.#turn = replaced.catch(() => {});
    return replaced;
  }

  async #replace(exec: string | undefined): Promise<Ready> {
    this.#setup(exec);
    const old = this.#serving;
    this.#serving = new Set();
    let ready: Ready;
    try {
      ready = await this.#startWorker();
      await Promise.all(Array.from({ length: this.#options.workers - 1 }, () => this.#startWorker()));
    } catch (error) {
      const fresh = this.#serving;
      this.#serving = old;
      await Promise.all([...fresh].map((worker) => this.#drain(worker)));
      throw error;
    }
    await Promise.all([...old].map((worker) => this.#retire(worker)));
    return ready;
  }

  /** Drains all workers and waits until they are gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    await Promise.all(Object.values(cluster.workers ?? {}).map((worker) => worker && this.#drain(worker)));
  }

  /** Metrics of all workers that serve, added up. A worker that dies meanwhile is left out. */
  async collect(): Promise<readonly MetricFamily[]> {
    return sumMetrics(await Promise.all([...this.#serving].map((worker) => this.#collectFrom(worker))));
  }

  #setup(exec: string | undefined): void {
    cluster.setupPrimary({
      ...(exec === undefined ? {} : { exec }),
      ...(this.#options.args === undefined ? {} : { args: [...this.#options.args] }),
    });
  }

  #startWorker(): Promise<Ready> {
    if (this.#isStopping) return Promise.reject(new WorkerStartError(0));
    const worker = cluster.fork(this.#options.environment);
    return new Promise((resolve, reject) => {
      let isReady = false;
      worker.on("message", (message: unknown) => {
        if (!isMessage<FromWorker>(message)) return;
        if (message.gatewright === "metrics") return this.#collecting.get(message.id)?.(message.families);
        if (message.gatewright !== "ready") return;
        isReady = true;
        this.#serving.add(worker);
        this.#startedAt.set(worker, clock.monotonic());
        resolve(message);
      });
      worker.once("exit", (code: number | null, signal: string | null) => {
        const wasServing = this.#serving.delete(worker);
        if (!isReady) reject(new WorkerStartError(code ?? 70));
        else if (wasServing && !this.#isStopping) this.#restart(worker, signal ?? `exit code ${code}`);
      });
    });
  }

  /** A worker that dies at once is given more and more time, so that a crash loop leaves the machine alone. */
  #restart(dead: Worker, reason: string): void {
    const lived = clock.monotonic() - (this.#startedAt.get(dead) ?? 0);
    this.#failures = lived > 30_000 ? 0 : this.#failures + 1;
    const delay = Math.min(10_000, 100 * 2 ** Math.max(0, this.#failures - 1));
    this.#options.onRestart?.(reason, delay);
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#startWorker().catch((error: unknown) => {
        if (!this.#isStopping) this.#restart(dead, error instanceof Error ? error.message : String(error));
      });
    }, delay);
    this.#restarts.add(timer);
  }

  #drain(worker: Worker): Promise<void> {
    this.#serving.delete(worker);
    if (worker.isDead()) return Promise.resolve();
    return new Promise((resolve) => {
      // The worker keeps the deadline itself; this is for one that does not respond at all.
      const timer = setTimeout(() => worker.process.kill("SIGKILL"), this.#options.drainTimeout + 5_000);
      worker.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
      // One that is still starting does not listen to us yet.
      if (this.#startedAt.has(worker)) this.#tell(worker, { gatewright: "drain" });
      else worker.process.kill("SIGTERM");
    });
  }

  /** Resolves as soon as the worker takes no connection any more; it goes on draining. */
  #retire(worker: Worker): Promise<void> {
    const retired = new Promise<void>((resolve) => {
      worker.on("message", (message: unknown) => {
        if (isMessage<FromWorker>(message) && message.gatewright === "draining") resolve();
      });
    });
    return Promise.race([retired, this.#drain(worker)]);
  }

  #collectFrom(worker: Worker): Promise<readonly MetricFamily[]> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const settle = (families: readonly MetricFamily[]): void => {
        clearTimeout(timer);
        this.#collecting.delete(id);
        worker.off("exit", onExit);
        resolve(families);
      };
      const onExit = (): void => settle([]);
      const timer = setTimeout(onExit, 2_000);
      this.#collecting.set(id, settle);
      worker.once("exit", onExit);
      this.#tell(worker, { gatewright: "collect", id });
    });
  }

  #tell(worker: Worker, message: ToWorker): void {
    // The channel of a worker that just died is closed; its exit is what counts then.
    if (worker.isConnected()) worker.send(message, () => {});
  }
}
