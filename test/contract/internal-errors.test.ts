import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGateway } from "../../compiler/index.ts";
import { memoryDisk } from "../../compiler/phases/1-load/index.ts";
import { publicDocuments } from "../../compiler/public-document/index.ts";
import { findSamples, repository } from "../harness/sample.ts";
import { type Documents, documentsOf, type Mutation, mutated, mutations, places } from "./mutations.ts";

const effort = Number(process.env.FUZZ_RUNS ?? "120");
const seed = process.env.FUZZ_RUNS === undefined ? 20_261_128 : Date.now() % 0x7fff_ffff;

/** A name that no file of ours has. Who looks it up on a plain object, or sets it there, finds a trap. */
const trap = "nameOfNobody";

async function withTrap<T>(use: () => Promise<T>): Promise<T> {
  Object.defineProperty(Object.prototype, trap, {
    get() {
      const { stack = "" } = new Error();
      // The parser asks the cheap question first, and the exact one where something comes of it.
      if (stack.includes("TreeBuilder.entry")) return undefined;
      throw new Error(`${trap} was looked up on an object that does not have it`);
    },
    set(value: unknown) {
      Object.defineProperty(this, trap, { value, enumerable: true, configurable: true, writable: true });
    },
    configurable: true,
  });
  try {
    return await use();
  } finally {
    delete (Object.prototype as { [trap]?: unknown })[trap];
  }
}

async function compile(documents: Documents): Promise<readonly string[]> {
  const files = new Map([...documents].map(([path, document]) => [path, JSON.stringify(document) ?? ""]));
  const { diagnostics, ir, sources } = await compileGateway("gateway.yaml", { disk: memoryDisk(files) });
  if (ir !== undefined) publicDocuments(ir, sources);
  return diagnostics.map(({ code }) => code);
}

const projects = [...findSamples(), { name: "shop", folder: join(repository, "examples/shop") }]
  .map((sample) => ({ name: sample.name, documents: documentsOf(sample) }))
  .filter(({ documents }) => documents.has("gateway.yaml"))
  .map((project) => ({
    ...project,
    places: [...project.documents].flatMap(([file, document]) => places(document).map((path) => ({ file, path }))),
  }));

interface Case {
  readonly project: string;
  readonly file: string;
  readonly path: readonly (string | number)[];
  readonly mutation: Mutation;
}

const cases = (): fc.Arbitrary<Case> =>
  fc
    .tuple(fc.constantFrom(...projects), fc.nat(), mutations(trap))
    .map(([{ name, places: all }, number, mutation]) => ({ project: name, ...all[number % all.length]!, mutation }));

function changed({ project, file, path, mutation }: Case): Documents {
  const { documents } = projects.find(({ name }) => name === project)!;
  return new Map([...documents].map(([each, document]) => [each, each === file ? mutated(document, path, mutation) : document]));
}

describe("whatever stands in a file, the compiler says what is wrong with it and never breaks", () => {
  it("a name that objects of JavaScript answer to, another type, nothing at any place of any sample", {
    timeout: 300_000,
  }, async () => {
    const codes = new Set<string>();
    await withTrap(() =>
      fc.assert(
        fc.asyncProperty(cases(), async (one) => {
          for (const code of await compile(changed(one))) codes.add(code);
        }),
        { seed, numRuns: effort },
      ),
    );
    // It must be able to find something.
    expect(codes.size).toBeGreaterThan(20);
  });

  it("the trap is one", async () => {
    await expect(withTrap(async () => ({}) as { [trap]?: unknown }).then((made) => made[trap])).resolves.toBeUndefined();
    await expect(withTrap(async () => (({}) as { [trap]?: unknown })[trap])).rejects.toThrow(trap);
  });
});
