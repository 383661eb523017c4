import { ParameterValidation, type ParameterValidationConfig } from "./parameter-validation.ts";
import { RequestValidation, type RequestValidationConfig } from "./request-validation.ts";
import { MessageValidation, type ResponseValidationConfig } from "./response-validation.ts";
import { UnknownBodyCheck, type UnknownBodyConfig } from "./unknown-body.ts";

export type { ParameterValidationConfig } from "./parameter-validation.ts";
export type { RequestValidationConfig } from "./request-validation.ts";
export type { ResponseValidationConfig } from "./response-validation.ts";

/** For operations without a body: nothing is awaited. */
export const createParameterValidation = (config: ParameterValidationConfig): ParameterValidation =>
  new ParameterValidation(config);

export interface BodilessValidationConfig extends ParameterValidationConfig {
  readonly unknownBody: UnknownBodyConfig;
}

/** For operations that declare no body and mind one. */
export const createBodilessValidation = (config: BodilessValidationConfig): UnknownBodyCheck =>
  new UnknownBodyCheck(new ParameterValidation(config), config.unknownBody);

export const createRequestValidation = (config: RequestValidationConfig): RequestValidation => new RequestValidation(config);

/** Requests and responses. */
export const createMessageValidation = (config: ResponseValidationConfig): MessageValidation => {
  const { request } = config;
  // Without a body nothing has to be waited for, and nobody does.
  if (request?.body === null) return new MessageValidation(config, new ParameterValidation(request));
  return new MessageValidation(config, request === null ? null : new RequestValidation(request));
};

export interface BodilessMessageValidationConfig extends ResponseValidationConfig {
  readonly parameters: ParameterValidationConfig;
  readonly unknownBody: UnknownBodyConfig;
}

/** Requests that must not have a body, and responses. */
export const createBodilessMessageValidation = (config: BodilessMessageValidationConfig): MessageValidation =>
  new MessageValidation(config, new UnknownBodyCheck(new ParameterValidation(config.parameters), config.unknownBody));
