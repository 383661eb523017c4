import { ParameterValidation, type ParameterValidationConfig } from "./parameter-validation.ts";
import { RequestValidation, type RequestValidationConfig } from "./request-validation.ts";
import { MessageValidation, type ResponseValidationConfig } from "./response-validation.ts";

export type { ParameterValidationConfig } from "./parameter-validation.ts";
export type { RequestValidationConfig } from "./request-validation.ts";
export type { ResponseValidationConfig } from "./response-validation.ts";

/** For operations without a body: nothing is awaited. */
export const createParameterValidation = (config: ParameterValidationConfig): ParameterValidation =>
  new ParameterValidation(config);

export const createRequestValidation = (config: RequestValidationConfig): RequestValidation => new RequestValidation(config);

/** Requests and responses. */
export const createMessageValidation = (config: ResponseValidationConfig): MessageValidation => new MessageValidation(config);
