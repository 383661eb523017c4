import type { Plugin } from "esbuild";

/**
 * What calls of a gateway never use of undici, a half of its bytes: HTTP/2, bodies of `fetch`, and the parser for
 * processors with vector instructions. undici tries that one first and takes the other where it is not there
 * (`lib/dispatcher/client-h1.js`), which `test/calls/bundle.test.ts` looks at for the version that is pinned.
 */
const unused = /[\\/]undici[\\/]lib[\\/](?:llhttp[\\/]llhttp_simd-wasm|dispatcher[\\/]client-h2|web[\\/]fetch[\\/]body)\.js$/;

/** Links undici without the parts that no gateway uses. */
export const slimUndici: Plugin = {
  name: "undici",
  setup(build) {
    build.onLoad({ filter: unused }, () => ({ contents: "module.exports = {};", loader: "js" }));
  },
};
