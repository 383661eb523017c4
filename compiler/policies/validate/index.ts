import type {
  BodilessMessageValidationConfig,
  BodilessValidationConfig,
  ParameterValidationConfig,
  RequestValidationConfig,
  ResponseValidationConfig,
} from "../../../runtime/policies/validate/index.ts";
import type { ValidateOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import { emitted } from "../../ir/emitted.ts";
import { call, definePolicy, type LoweredPolicy, type MessageContract, type OperationContext } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";
import { count, list } from "../../text/words.ts";
import { contentConfig, responseConfig } from "./body-config.ts";
import { answerHandling, requestHandling } from "./body-handling.ts";
import { noErrorResponses } from "./messages.gen.ts";

export const validate = definePolicy<ValidateOptions>({
  name: "validate",
  stages: ["validate"],
  after: ["decompress"],
  onFailure: "closed",
  loweredLast: true,

  weakness(options, context) {
    if (options.request === "off") return "`request: off` switches it off for requests";
    if (options.request === "report") return "`request: report` lets every request through";
    return context.contract() === undefined ? "there is no spec that says what is valid" : undefined;
  },

  check(options, context) {
    const { operation } = context;
    if (options.response !== "enforce" || options.undeclaredStatus !== "refuse" || operation === undefined) return;
    const responses = context.contract()?.responses ?? [];
    if (responses.length === 0 || responses.some(({ status }) => /^[45]|^default$/.test(status))) return;
    const values = { operation: operation.operationId, declared: list(responses.map(({ status }) => status)) };
    context.report(noErrorResponses(context.at("/undeclaredStatus"), values, { alike: operation.operationId }));
  },

  lower(options, context) {
    const contract = context.contract({
      request: options.readOnly === "refuse" ? "strictRequest" : "request",
      response: options.writeOnly === "refuse" ? "strictResponse" : "response",
      lenient: lenientFormats.filter((format) => options.formats?.[format] === "local"),
    });
    const { operation } = context;
    if (contract === undefined || operation === undefined) return { kind: "nothing" };
    const isWanted = context.wanted.has("body.parsed");
    const request = options.request === "off" ? undefined : requestConfig(options, contract, operation, isWanted);
    if (options.response === "off")
      return request === undefined ? { kind: "nothing" } : requestStep(request, options, contract, isWanted);
    const unknownBody = unknownBodyConfig(options, contract);
    const config: Lowered<ResponseValidationConfig> = {
      request: unknownBody === undefined ? (request ?? null) : null,
      // In report mode a request is judged and let through, which this step does by itself: its response hook stays.
      enforceRequest: options.request === "enforce",
      responses: contract.responses.map((response) => responseConfig(response, options)),
      enforce: options.response === "enforce",
      undeclaredStatus: options.undeclaredStatus,
      skipsHead: operation.method === "GET",
      sample: options.sample,
      maxBytes: parseSize(options.maxBody),
      refusesLarge: options.largeResponse === "refuse",
      maxViolations: options.maxViolations,
    };
    const reads = request !== undefined || unknownBody !== undefined;
    const facts = {
      hooks: [...(reads ? (["request"] as const) : []), "answerHead", "answerBody"] as const,
      mayAnswer: reads,
      async: unknownBody !== undefined || (request !== undefined && request.body !== null),
      ...(unknownBody === undefined
        ? requestHandling(request === undefined ? undefined : contract.body, isWanted)
        : { body: "begun" as const }),
      fields: { response: contract.responses.flatMap(({ headers }) => headers.map(({ name }) => name)) },
      ...answerHandling(contract.responses, options),
      summary: `${summaryOf(contract)}${options.request === "report" ? " (reported)" : ""}, ${count(contract.responses.length, "response")}${options.response === "report" ? " (reported)" : ""}`,
      provides: readsJson(contract) && options.request !== "off" ? (["body.parsed"] as const) : [],
    };
    return unknownBody === undefined
      ? call<ResponseValidationConfig>("policies/validate", "createMessageValidation", config, facts)
      : call<BodilessMessageValidationConfig>(
          "policies/validate",
          "createBodilessMessageValidation",
          { ...config, parameters: parametersOf(request, options), unknownBody },
          facts,
        );
  },
});

/** In one order, whatever the order in which they are written. */
const lenientFormats = ["date-time", "time"] as const;

function requestConfig(
  options: ValidateOptions,
  { refusable, knownQuery, body, offered }: MessageContract,
  operation: OperationContext,
  isWanted: boolean,
): Lowered<RequestValidationConfig> | undefined {
  const reads = refusable.length > 0 || options.unknownQuery !== "allow";
  const accept = options.accept === "enforce" && offered.length > 0 ? offered : null;
  if (!reads && body === undefined && accept === null && options.unknownBody === "allow") return undefined;
  return {
    accept,
    read: reads
      ? emitted("parameterReader", {
          operation: operation.operationId,
          parameters: refusable,
          path: operation.path,
          unknownQuery: options.unknownQuery,
          knownQuery,
        })
      : null,
    body:
      body === undefined
        ? null
        : {
            required: body.required,
            maxBytes: parseSize(options.maxBody),
            content: body.content.map((content) => contentConfig(content, options, isWanted)),
            ...(isWanted ? { keepsValue: true as const } : {}),
          },
    maxViolations: options.maxViolations,
    ...(options.request === "report" ? { reports: true as const } : {}),
  };
}

/** The cheapest step that does it: without a body nothing is awaited. */
function requestStep(
  config: Lowered<RequestValidationConfig>,
  options: ValidateOptions,
  contract: MessageContract,
  isWanted: boolean,
): LoweredPolicy {
  const facts = {
    hooks: ["request"] as const,
    mayAnswer: true,
    mode: options.request === "report" ? ("report" as const) : ("enforce" as const),
    summary: summaryOf(contract),
  };
  const { accept, read, body, maxViolations } = config;
  const unknownBody = unknownBodyConfig(options, contract);
  if (unknownBody !== undefined) {
    return call<BodilessValidationConfig>(
      "policies/validate",
      "createBodilessValidation",
      { accept, read, maxViolations, unknownBody },
      { ...facts, async: true, body: "begun" },
    );
  }
  if (body === null) {
    return call<ParameterValidationConfig>(
      "policies/validate",
      "createParameterValidation",
      { accept, read, maxViolations },
      facts,
    );
  }
  return call<RequestValidationConfig>("policies/validate", "createRequestValidation", config, {
    ...facts,
    async: true,
    ...requestHandling(contract.body, isWanted),
    provides: readsJson(contract) ? ["body.parsed"] : [],
  });
}

/** What to do with a body that nobody declared; undefined: nothing. */
function unknownBodyConfig(
  { request, unknownBody }: ValidateOptions,
  { body }: MessageContract,
): { readonly isReported: boolean } | undefined {
  if (request === "off" || unknownBody === "allow" || body !== undefined) return undefined;
  return { isReported: unknownBody === "warn" };
}

const parametersOf = (
  request: Lowered<RequestValidationConfig> | undefined,
  { maxViolations }: ValidateOptions,
): Lowered<ParameterValidationConfig> => ({ accept: request?.accept ?? null, read: request?.read ?? null, maxViolations });

const readsJson = ({ body }: MessageContract): boolean => body?.content.some(({ format }) => format === "json") === true;

function summaryOf({ parameters, body }: MessageContract): string {
  const parts = [
    ...(parameters.length === 0 ? [] : [count(parameters.length, "parameter")]),
    ...(body === undefined ? [] : ["body"]),
  ];
  return parts.length === 0 ? "nothing to check in requests" : list(parts);
}
