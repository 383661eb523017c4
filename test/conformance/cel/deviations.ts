/** Why cases of the suite are expected to fail, the first that fits a failure counts. */
export const deviations: readonly { readonly reason: string; readonly suites?: readonly string[]; readonly failure?: RegExp }[] =
  [
    { reason: "math extension: not part of the standard functions", suites: ["math_ext"] },
    { reason: "strings extension: not part of the standard functions", suites: ["string_ext"] },
    { reason: "encoders extension: not part of the standard functions", suites: ["encoders_ext"] },
    { reason: "bindings extension: `cel.bind` is not supported", suites: ["bindings_ext"] },
    { reason: "block extension: made for optimisers, never written by people", suites: ["block_ext"] },
    { reason: "optional values: `has(…) ? … : …` says the same", suites: ["optionals"], failure: /.*/ },
    { reason: "two-variable macros: not part of the standard macros", suites: ["macros2"] },
    {
      reason: "protobuf: requests carry JSON, so there are no messages, enums, wrappers or extensions",
      suites: ["proto2", "proto2_ext", "proto3", "enums", "wrappers", "dynamic"],
    },
    {
      reason: "protobuf: requests carry JSON, so there are no messages, enums, wrappers or extensions",
      failure: /Messages such as|messageType|message type\.|enumValue|wrapper/,
    },
    { reason: "optional values: `has(…) ? … : …` says the same", failure: /`optional`|abstractType/ },
    { reason: "functions of a host: there are none", failure: /declared functions/ },
    {
      reason: "unknown names are errors of the build, also where their value would not matter",
      failure: /is not a variable|There is no (method|function)/,
    },
    { reason: "wrong types are errors of the build, also where their value would not matter", failure: /Each side of/ },
  ];

export const reasonFor = (suite: string, failure: string): string | undefined =>
  deviations.find(
    ({ suites, failure: pattern }) =>
      (suites === undefined || suites.includes(suite)) && (pattern === undefined || pattern.test(failure)),
  )?.reason;
