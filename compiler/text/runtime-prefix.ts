/** Prefix of the run-time library in imports of emitted modules. */
export const runtimePrefix = "gatewright/runtime/";
