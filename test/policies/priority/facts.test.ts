import { expect, test } from "vitest";
import { exampleProject } from "../../../compiler/diagnostics/example-project.ts";
import { compileProject } from "../../harness/compile-project.ts";

/** The steps of an operation whose policies are these, and what is found wrong with them. */
async function compiled(policies: string) {
  const files = { ...exampleProject, "policies.yaml": `operations: { listOrders: ${policies} }\n` };
  const { ir, diagnostics } = await compileProject(new Map(Object.entries(files)));
  const operation = ir?.operations.find(({ operationId }) => operationId === "listOrders");
  return {
    steps: operation?.steps ?? [],
    found: diagnostics.filter(({ severity }) => severity === "error").map(({ code, help }) => `${code}: ${help}`),
  };
}

const byIdentity = "identity.subject == 'acme' ? 'high' : 'low'";
const byHeader = "'x-class' in request.headers ? request.headers['x-class'] : 'normal'";

test("who runs where follows from what the class is known by: at once, or behind authentication, and overload behind both", async () => {
  for (const [chosen, stage] of [
    ["low", "admit"],
    [`"${byHeader}"`, "admit"],
    [`"${byIdentity}"`, "limit"],
  ]) {
    const { steps } = await compiled(`{ priority: { class: ${chosen} }, overload: {}, concurrency: { limit: 5 } }`);
    const order = steps.filter(({ policy }) => policy !== "security").map((step) => `${step.stage} ${step.policy}`);
    expect(order).toEqual([`${stage} priority`, "limit overload", "forward concurrency"]);
  }
});

test("`coverage` is told where clients choose their class, and not where somebody else does", async () => {
  const remarksOf = async (chosen: string) =>
    (await compiled(`{ priority: { class: ${chosen} } }`)).steps.flatMap(({ remarks }) => remarks ?? []);
  expect(await remarksOf(`"${byHeader}"`)).toEqual([
    `\`priority\`: a client chooses its class by what it sends (\`${byHeader}\`)`,
  ]);
  expect(await remarksOf(`"${byIdentity}"`)).toEqual([]);
  expect(await remarksOf("low")).toEqual([]);
});

test("a class that there is not is found wherever the expression gives it, with the one that was meant", async () => {
  for (const [written, meant] of [
    ["request.method == 'GET' ? 'norml' : 'low'", "normal"],
    ["request.method == 'GET' ? 'high' : 'a' in identity.roles ? 'low' : 'hgih'", "high"],
  ]) {
    const { found } = await compiled(`{ priority: { class: "${written}" } }`);
    expect(found).toEqual([expect.stringMatching(new RegExp(`^priority/unknown-class: .*\`${meant}\``))]);
  }
});
