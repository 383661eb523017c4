import { list } from "../../text/words.ts";
import type { CallPlan, ConstantPlan, OperationPlan } from "../4-plan/plan.ts";
import type { HookBody, Statement } from "./chain.ts";
import type { ModuleWriter } from "./module-writer.ts";
import type { Names } from "./names.ts";

export type Hooks = Readonly<Record<HookBody["hook"], HookBody | undefined>>;

/** Fewer functions that differ in their instances alone are easier to read with the names of these. */
const fewest = 32;

/** Operations of which one hook has the same code. */
interface Users {
  readonly body: HookBody;
  readonly operations: OperationPlan[];
}

/**
 * The functions that operations of a module share. Equal ones are printed once. Where many differ only in the instances that
 * they call, they are one function as well, which takes the instances from its operation: ten thousand functions that each
 * run now and then stay cold in every cache, and the engine never optimizes them.
 */
export class SharedHooks {
  readonly #names: Names;
  readonly #writer: ModuleWriter;
  readonly #functions = new Map<HookBody, string>();
  /** What operations hand to the functions: instances by the name that the functions know them by. */
  readonly #own = new Map<OperationPlan, Map<string, ConstantPlan>>();
  readonly #ownNames = new Map<string, string>();

  constructor(hooks: ReadonlyMap<OperationPlan, Hooks>, names: Names, writer: ModuleWriter) {
    this.#names = names;
    this.#writer = writer;
    const alike = new Map<string, Map<string, Users>>();
    for (const [operation, bodies] of hooks) {
      for (const body of Object.values(bodies)) if (body !== undefined) this.#count(body, operation, alike);
    }
    for (const equal of alike.values()) this.#share([...equal.values()], hooks);
  }

  /** The name of the function, where the hook is one that operations share. */
  nameOf(body: HookBody): string | undefined {
    return this.#functions.get(body);
  }

  /** The instances that shared functions take from the operation. */
  ownOf(operation: OperationPlan): ReadonlyMap<string, ConstantPlan> | undefined {
    return this.#own.get(operation);
  }

  #count(body: HookBody, operation: OperationPlan, alike: Map<string, Map<string, Users>>): void {
    const shape = keyOf(body, ({ call }) => (this.#isOfModule(call!) ? occurrence(call!, operation) : this.#constant(call!)));
    let equal = alike.get(shape);
    if (equal === undefined) alike.set(shape, (equal = new Map()));
    const exact = keyOf(body, ({ call }) => this.#constant(call!));
    const users = equal.get(exact);
    if (users === undefined) equal.set(exact, { body, operations: [operation] });
    else users.operations.push(operation);
  }

  #share(groups: readonly Users[], hooks: ReadonlyMap<OperationPlan, Hooks>): void {
    const operations = groups.flatMap((group) => group.operations);
    if (groups.length > 1 && operations.length >= fewest) this.#write(groups, operations, hooks);
    else for (const group of groups) if (group.operations.length > 1) this.#write([group], group.operations, hooks);
  }

  #write(groups: readonly Users[], operations: readonly OperationPlan[], hooks: ReadonlyMap<OperationPlan, Hooks>): void {
    const [first] = groups as [Users];
    const { hook } = first.body;
    const writer = this.#writer;
    const name = writer.name(`shared ${hook}`);
    const bodies = operations.map((operation) => hooks.get(operation)![hook]!);
    for (const body of bodies) this.#functions.set(body, name);
    const taken: string[] = [];
    const statements = first.body.statements.map((statement, place): Statement => {
      const { call } = statement;
      if (call === undefined || groups.every(({ body }) => body.statements[place]!.call!.constant === call.constant))
        return statement;
      const own = this.#ownName(occurrence(call, first.operations[0]!));
      if (!taken.includes(own)) taken.push(own);
      for (const [index, operation] of operations.entries())
        this.#give(operation, own, bodies[index]!.statements[place]!.call!.constant);
      return { text: `${statement.text}${own}${statement.rest}`, origin: statement.origin };
    });
    if (taken.length > 0) statements.unshift({ text: `const { ${taken.join(", ")} } = x.operation.own;`, origin: undefined });
    const shown = operations.slice(0, 4).map((operation) => operation.name);
    const others = operations.length - shown.length;
    writer.comment(`${hook} of ${others === 0 ? list(shown) : `${shown.join(", ")} and ${others} more`}`);
    const body = { ...first.body, statements };
    writeFunction(`${body.isAsync ? "async " : ""}function ${name}`, body, "", this.#names, writer);
    writer.line();
  }

  #give(operation: OperationPlan, name: string, constant: ConstantPlan): void {
    const own = this.#own.get(operation);
    if (own === undefined) this.#own.set(operation, new Map([[name, constant]]));
    else own.set(name, constant);
  }

  /** No module-level name is the same, so a function that takes it hides nothing. */
  #ownName(key: string): string {
    let name = this.#ownNames.get(key);
    if (name === undefined) this.#ownNames.set(key, (name = this.#writer.name(key)));
    return name;
  }

  #isOfModule({ constant }: CallPlan): boolean {
    return !this.#names.isShared(constant);
  }

  #constant({ constant }: CallPlan): string {
    return constant.name;
  }
}

export function writeFunction(head: string, body: HookBody, end: string, names: Names, writer: ModuleWriter): void {
  writer.line(`${head}(${body.parameters}) {`);
  writer.indented(() => {
    for (const { text, call, rest = "", origin } of body.statements)
      writer.line(call === undefined ? text : `${text}${names.constant(call.constant, writer)}${rest}`, origin);
  });
  writer.line(`}${end}`);
}

const keyOf = ({ hook, isAsync, statements }: HookBody, instance: (statement: Statement) => string): string =>
  `${hook} ${isAsync} ${statements
    .map((statement) =>
      statement.call === undefined ? statement.text : `${statement.text}\0${instance(statement)}\0${statement.rest}`,
    )
    .join("\n")}`;

/** `rateLimit`; the second of its policy in a chain is `rateLimit 2`. */
function occurrence(call: CallPlan, { calls }: OperationPlan): string {
  const { policy } = call.step;
  const place = calls.filter(({ step }) => step.policy === policy).indexOf(call);
  return place === 0 ? policy : `${policy} ${place + 1}`;
}
