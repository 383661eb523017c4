import cluster, { type Worker } from "node:cluster";
import type { BuildInfo } from "../gateway/build-info.ts";
import type { WorkerSums } from "../gateway/metrics.ts";
import { clock } from "../life/clock.ts";
import type { WorkerGroup } from "../life/group/worker-group.ts";
import { beat, type FromWorker, isMessage, type ToWorker, workerVariable } from "./worker-messages.ts";
import type { AskedWorkers } from "./worker-questions.ts";

export interface WorkerPoolOptions {
  /** The bundle to run; undefined: the file that this process was started with. */
  readonly exec?: string;
  readonly args?: readonly string[];
  readonly workers: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds that a worker gets to drain. */
  readonly drainTimeout: number;
  /** Milliseconds after which a worker that gives no sign of life is ended; 0: never. */
  readonly workerTimeout: number;
  /** Keys of session tickets, for workers that ask for them. */
  readonly ticketKeys?: (() => readonly string[]) | undefined;
  /** Where workers report what they count. */
  readonly metrics?: WorkerSums | undefined;
  /** What the workers share, where something lives in them. */
  readonly group?: WorkerGroup | undefined;
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
  readonly build?: BuildInfo | undefined;
}

/**
 * Workers of one bundle behind listening sockets that this process, the primary of node:cluster, holds. As the sockets
 * stay open, workers can be replaced while every connection finds one that takes it.
 *
 * The workers accept for themselves (`SCHED_NONE`). Handed on by the primary, a connection would be lost with a worker
 * that dies or hangs before it has it, and its client would wait for ever; as it is, the system gives it to one that asks.
 */
export class WorkerPool implements AskedWorkers {
  readonly #options: WorkerPoolOptions;
  #serving = new Set<Worker>();
  readonly #startedAt = new WeakMap<Worker, number>();
  /** Those that serve or drain, and how many beats have passed since the last sign of life. */
  readonly #silence = new Map<Worker, number>();
  readonly #draining = new WeakSet<Worker>();
  readonly #busy = new Map<Worker, number>();
  /** Of those that run: the least ones that are free, so that metrics of workers have no more labels than there are at a time. */
  readonly #numbers = new Map<Worker, number>();
  readonly #watch: NodeJS.Timeout | undefined;
  readonly #restarts = new Set<NodeJS.Timeout>();
  #failures = 0;
  #isStopping = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    this.#setup(options.exec);
    if (options.workerTimeout > 0) this.#watch = setInterval(this.#look, beat).unref();
  }

  get size(): number {
    return this.#serving.size;
  }

  /** Resolves when all workers serve. Throws a `WorkerStartError` where the first cannot. */
  start(): Promise<Ready> {
    const started = this.#startAll();
    this.#turn = started.catch(() => {});
    return started;
  }

  async #startAll(): Promise<Ready> {
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
    const { group } = this.#options;
    const before = this.serving[0];
    this.#serving = new Set();
    const taken = await group?.takeOver(before);
    let ready: Ready;
    try {
      ready = await this.#startAll();
      taken?.(true);
    } catch (error) {
      taken?.(false);
      const fresh = this.#serving;
      this.#serving = old;
      for (const worker of old) if (worker.isDead()) this.#leave(worker, "ended meanwhile");
      await Promise.all([...fresh].map((worker) => this.#drain(worker)));
      throw error;
    }
    // All at once, so that none of them is named for what another one leaves off.
    group?.leaving([...old]);
    await Promise.all([...old].map((worker) => this.#retire(worker)));
    return ready;
  }

  /** One that ends from now on has no other in its place. */
  expectEnd(): void {
    this.#isStopping = true;
  }

  /** Drains all workers and waits until they are gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watch);
    for (const timer of this.#restarts) clearTimeout(timer);
    await Promise.all(Object.values(cluster.workers ?? {}).map((worker) => worker && this.#drain(worker)));
  }

  /** Ends all workers at once, with what they have in flight. */
  kill(): void {
    this.#isStopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGKILL");
  }

  /** Tells all workers, those that drain or start among them. */
  tell(message: ToWorker): void {
    for (const worker of Object.values(cluster.workers ?? {})) if (worker !== undefined) this.#tell(worker, message);
  }

  get counting(): readonly Worker[] {
    return [...this.#silence.keys()];
  }

  /** Also while others take over from them. */
  get serving(): readonly Worker[] {
    return [...this.#silence]
      .filter(([worker]) => !this.#draining.has(worker))
      .sort(([, one], [, other]) => one - other)
      .map(([worker]) => worker);
  }

  #setup(exec: string | undefined): void {
    cluster.setupPrimary({
      ...(exec === undefined ? {} : { exec }),
      ...(this.#options.args === undefined ? {} : { args: [...this.#options.args] }),
    });
  }

  #startWorker(): Promise<Ready> {
    if (this.#isStopping) return Promise.reject(new WorkerStartError(0));
    const { environment, ticketKeys, workerTimeout, group } = this.#options;
    const number = this.#freeNumber();
    const fork = (seat?: object): Worker => cluster.fork({ ...environment, [workerVariable]: String(number), ...seat });
    const worker = group === undefined ? fork() : group.fork(fork);
    this.#numbers.set(worker, number);
    return new Promise((resolve, reject) => {
      let isReady = false;
      // To start takes longer than to say that one is alive; but what never ends would keep every later take-over waiting.
      const deadline = workerTimeout > 0 ? setTimeout(() => worker.process.kill("SIGKILL"), workerTimeout * 6) : undefined;
      worker.on("message", (message: unknown) => {
        if (!isMessage<FromWorker>(message)) return;
        if (message.gatewright === "alive") {
          this.#silence.set(worker, message.isDebugged ? Number.NEGATIVE_INFINITY : 0);
          this.#level(worker, message.busy);
        }
        if (message.gatewright === "starting" && ticketKeys !== undefined)
          this.#tell(worker, { gatewright: "ticketKeys", keys: ticketKeys() });
        if (message.gatewright === "metrics") {
          // All that there is to say, in one message.
          const { metrics } = this.#options;
          const since = metrics?.now() ?? 0;
          metrics?.report(worker, message.items);
          metrics?.complete(worker, since);
        }
        if (message.gatewright !== "ready") return;
        isReady = true;
        clearTimeout(deadline);
        this.#serving.add(worker);
        this.#silence.set(worker, 0);
        this.#startedAt.set(worker, clock.monotonic());
        this.#options.metrics?.enter(worker);
        resolve(message);
      });
      worker.once("exit", (code: number | null, signal: string | null) => {
        clearTimeout(deadline);
        const isHung = (this.#silence.get(worker) ?? 0) * beat > workerTimeout;
        this.#silence.delete(worker);
        this.#busy.delete(worker);
        this.#numbers.delete(worker);
        // Only behind the last message of a worker is everything known that it counted.
        const { metrics } = this.#options;
        if (worker.isConnected()) worker.once("disconnect", () => metrics?.leave(worker));
        else metrics?.leave(worker);
        if (!isReady) reject(new WorkerStartError(code ?? 70));
        else this.#leave(worker, isHung ? "it did not respond" : (signal ?? `exit code ${code}`));
      });
    });
  }

  #freeNumber(): number {
    const taken = new Set(this.#numbers.values());
    let number = 1;
    while (taken.has(number)) number++;
    return number;
  }

  /** One that serves must have another one in its place. */
  #leave(worker: Worker, reason: string): void {
    if (this.#serving.delete(worker) && !this.#isStopping) this.#restart(worker, reason);
  }

  /**
   * The system gives connections to whoever asks first, which is not always whoever has least to do, and clients keep them.
   * So a worker that is much busier than the others lets some of its clients connect anew: those that ask first are idle.
   */
  #level(worker: Worker, busy: number): void {
    if (!this.#serving.has(worker)) return;
    this.#busy.set(worker, busy);
    let sum = 0;
    for (const one of this.#serving) sum += this.#busy.get(one) ?? busy;
    const mean = sum / this.#serving.size;
    if (busy > 0.6 && busy - mean > 0.2) this.#tell(worker, { gatewright: "shed", part: (1 - mean / busy) / 2 });
  }

  /** Counts beats and measures no time: where this process was stopped itself, no worker is to blame. */
  readonly #look = (): void => {
    for (const [worker, silence] of this.#silence) {
      this.#silence.set(worker, silence + 1);
      if ((silence + 1) * beat > this.#options.workerTimeout) worker.process.kill("SIGKILL");
    }
  };

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
    this.#draining.add(worker);
    this.#options.group?.leaving([worker]);
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

  #tell(worker: Worker, message: ToWorker): void {
    // The channel of a worker that just died is closed; its exit is what counts then.
    if (worker.isConnected()) worker.send(message, () => {});
  }
}
