import type { Plugin } from "esbuild";

/**
 * Parts of undici that no gateway reaches, by path, and what stands in for them. Sizes are those of undici 7.30 minified.
 *
 * - `llhttp-wasm` (72 KB): the parser for processors without SIMD; Node 20 runs on none of them but old ppc64.
 * - `client-h2` (10 KB): the run-time library never allows HTTP/2 to services through undici.
 * - `web/fetch/body` with what it draws in (44 KB): reached for bodies of the class FormData only.
 */
const standIns: readonly { readonly filter: RegExp; readonly contents: string }[] = [
  {
    filter: /[\\/]undici[\\/]lib[\\/]llhttp[\\/]llhttp-wasm\.js$/,
    contents: 'throw new Error("this processor lacks WebAssembly SIMD, which the gateway needs to read answers of services");',
  },
  {
    filter: /[\\/]undici[\\/]lib[\\/]dispatcher[\\/]client-h2\.js$/,
    contents: 'module.exports = () => { throw new Error("HTTP/2 to services is not part of this bundle"); };',
  },
  {
    filter: /[\\/]undici[\\/]lib[\\/]web[\\/]fetch[\\/]body\.js$/,
    contents: 'exports.extractBody = () => { throw new TypeError("FormData bodies are not part of this bundle"); };',
  },
];

/** Keeps the parts of undici out of bundles that they have no use for. */
export const leanUndici: Plugin = {
  name: "lean-undici",
  setup(build) {
    for (const { filter, contents } of standIns) build.onLoad({ filter }, () => ({ contents, loader: "js" }));
  },
};
