/** The part of it that the tests use; it comes without types. */
declare module "oidc-provider" {
  export default class Provider {
    constructor(issuer: string, configuration: object);
    callback(): import("node:http").RequestListener;
  }
}
