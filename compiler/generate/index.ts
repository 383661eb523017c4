import { generateBcryptCode } from "./bcrypt-code.ts";
import { generateFunctionTable } from "./function-table.ts";
import { generateMessages } from "./messages.ts";
import { generateOpenapiTable } from "./openapi-table.ts";
import { generateOptionTables } from "./option-tables.ts";
import { Outputs } from "./outputs.ts";
import { generatePolicyIndex } from "./policy-index.ts";
import { generateProblemTable } from "./problem-table.ts";
import { generateRegistry, generateResourceRegistry } from "./registry.ts";
import { generateSchemas } from "./schemas.ts";
import { generateThreadCode } from "./thread-code.ts";
import { generateTypes } from "./types.ts";
import { readWorkspace } from "./workspace.ts";

/**
 * Everything in the repository that is made from something else in it. Reads the folders of the policies, the schemas
 * and the messages; writes nothing by itself.
 *
 * @param root folder of the repository
 */
export async function generate(root: string): Promise<Outputs> {
  const out = new Outputs();
  const workspace = readWorkspace(root, out);
  generateMessages(workspace, out);
  generateRegistry(workspace, out);
  generateResourceRegistry(workspace, out);
  generateSchemas(workspace, out);
  await generateTypes(workspace, out);
  generateOptionTables(workspace, out);
  generatePolicyIndex(workspace, out);
  generateOpenapiTable(out);
  generateFunctionTable(workspace, out);
  generateProblemTable(workspace, out);
  generateBcryptCode(out);
  await generateThreadCode(root, out);
  return out;
}
