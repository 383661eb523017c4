import { readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished } from "vitest";
import { bundle, ChildGateway } from "../../runtime/support/child-gateway.ts";
import { exchange, get, RawClient } from "../../runtime/support/raw-client.ts";

/** What the toy of a process has seen. */
export interface Seen {
  readonly pid: number;
  readonly shared?: string;
  readonly seenBeforeReady: string;
  readonly events: readonly string[];
  readonly missed: readonly number[];
  readonly adopted: string;
  readonly group: { readonly size: number; readonly index: number };
  readonly build: string;
  /** Lists that it fetches for all, and who fetched those that it has. */
  readonly owns: readonly string[];
  readonly lists: readonly string[];
}

/** The gateway of toys in a file of its own, for one test, which may write another build there. `edit`: the first one. */
export async function toys(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  edit: (text: string) => string = (text) => text,
): Promise<{ readonly child: ChildGateway; rebuild(from: string, to: string): void }> {
  const { file, remove } = await bundle("../../life/support/child-main.ts");
  writeFileSync(file, edit(readFileSync(file, "utf8")));
  const child = new ChildGateway(file, args, environment);
  onTestFinished(async () => {
    await child.stop();
    remove();
  });
  const rebuild = (from: string, to: string): void => {
    const text = readFileSync(file, "utf8");
    expect(text).toContain(from);
    writeFileSync(file, text.replace(from, to));
  };
  return { child, rebuild };
}

/** One question to a process that has it, of whichever the system chooses. */
export const ask = async (port: number, target: string): Promise<unknown> => JSON.parse((await exchange(port, get(target))).body);

export const admin = async (port: number, target: string): Promise<{ readonly status: number; readonly json: unknown }> => {
  const { status, body } = await exchange(port, get(target));
  return { status, json: JSON.parse(body) };
};

/** A connection to each of the workers. */
export class EachWorker {
  readonly clients = new Map<number, RawClient>();
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  static async of(port: number, count: number): Promise<EachWorker> {
    const each = new EachWorker(port);
    onTestFinished(() => each.close());
    await each.#until(() => each.clients.size === count);
    return each;
  }

  /** Connects until it is enough: the system says to whom. */
  async #until(isEnough: () => boolean): Promise<void> {
    const look = async (): Promise<boolean> => {
      const client = new RawClient(this.#port);
      const pid = Number((await client.write(get("/pid")).answer()).body);
      if (this.clients.get(pid)?.isEnded === false) client.close();
      else this.clients.set(pid, client);
      return isEnough();
    };
    await expect.poll(look, { interval: 5, timeout: 50_000 }).toBe(true);
  }

  get pids(): readonly number[] {
    return [...this.clients.keys()];
  }

  /** A busy worker lets clients go, who find another one: then it is looked for again. */
  async ask(pid: number, target: string): Promise<unknown> {
    if (this.clients.get(pid)?.isEnded !== false) await this.#until(() => this.clients.get(pid)?.isEnded === false);
    const client = this.clients.get(pid)!;
    const answer = await client.write(get(target)).answer();
    if (answer.field("connection") === "close") client.isEnded = true;
    return JSON.parse(answer.body);
  }

  async seen(): Promise<readonly Seen[]> {
    return Promise.all(this.pids.map(async (pid) => (await this.ask(pid, "/seen")) as Seen));
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }
}

/** How long a machine with little to spare may take. */
export const patient = { interval: 20, timeout: 50_000 };

export async function started(args: readonly string[], edit?: (text: string) => string) {
  const { child, rebuild } = await toys(args, {}, edit);
  return { child, rebuild, ...(await child.ports()) };
}

/** Each list is fetched by one of these processes, and all of them have what it fetched. */
export async function oneOwnerEach(port: number, count: number): Promise<EachWorker> {
  const each = await EachWorker.of(port, count);
  await expect
    .poll(async () => {
      const seen = await each.seen();
      const owners = ["a", "b", "c"].map((name) => seen.filter(({ owns }) => owns.includes(name)).map(({ pid }) => `${pid}`));
      return (
        owners.every((of) => of.length === 1) && seen.every(({ lists }) => lists.every((by, index) => by === owners[index]![0]))
      );
    }, patient)
    .toBe(true);
  return each;
}
