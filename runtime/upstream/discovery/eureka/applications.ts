import { applicationsIn, type Instance, mostInstances, tooMany, unitsPerStep } from "./instances.ts";

/** All instances of all applications, as far as a hash of them needs it, and those of one application as a whole. */
export class Applications {
  readonly #app: string;
  /** By application and instance. */
  #known = new Map<string, Pick<Instance, "app" | "status" | "id" | "value">>();

  /** `app`: the one that is kept as a whole, in capitals. */
  constructor(app: string) {
    this.#app = app;
  }

  /** Those of the one application. */
  get instances(): readonly Pick<Instance, "status" | "id" | "value">[] {
    return [...this.#known.values()].filter(({ app }) => app === this.#app);
  }

  /** How many instances have which status, as Eureka writes it (`apps__hashcode`): `DOWN_1_UP_3_`. */
  get hash(): string {
    const counts = new Map<string, number>();
    for (const { status } of this.#known.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
    return [...counts]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([status, count]) => `${status}_${count}_`)
      .join("");
  }

  /** `GET /apps`: there is nothing else. In steps of some tenths of a millisecond. */
  *replacing(document: unknown): Generator<undefined, void> {
    const { instances } = yield* applicationsIn(document);
    this.#known = new Map();
    yield* this.#changing(instances);
  }

  /** `GET /apps/delta`: what happened within the last minutes, also what is known already. False: it does not add up to what Eureka has. */
  *changing(document: unknown): Generator<undefined, boolean> {
    const { instances, hash } = yield* applicationsIn(document);
    yield* this.#changing(instances, "DELETED");
    return this.hash === hash;
  }

  /** `gone`: the action of those that are no more. */
  *#changing(instances: readonly Instance[], gone?: string): Generator<undefined, void> {
    let units = 0;
    for (const instance of instances) {
      if (instance.action === gone) this.#known.delete(keyOf(instance));
      else this.#known.set(keyOf(instance), this.#kept(instance));
      if (this.#known.size > mostInstances) throw tooMany();
      if (++units % unitsPerStep === 0) yield;
    }
  }

  #kept({ app, status, id, value }: Instance): Pick<Instance, "app" | "status" | "id" | "value"> {
    return { app, status, id, value: app === this.#app ? value : undefined };
  }
}

const keyOf = ({ app, id }: Instance): string => `${app} ${id}`;
