import { SpecCache } from "./phases/1-load/index.ts";
import { ContractCache } from "./phases/3-check/index.ts";
import { PrintedSchemasCache } from "./phases/5-emit/index.ts";

/**
 * What one build leaves for the next, for commands that build again and again; each phase fills its own part. It makes
 * builds faster and nothing else: their results are those of builds without it.
 */
export class CompilerCache {
  readonly specs = new SpecCache();
  readonly contracts = new ContractCache();
  readonly schemas = new PrintedSchemasCache();
}
