const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/**
 * What nothing in generated code may be called. The first are words that cannot name a binding in a module (ECMAScript 2024,
 * 12.7.2). The others are globals, of the language and of Node: generated code must mean the real ones. A module that
 * exports `then` would be taken for a promise where it is imported.
 */
export const reservedNames: ReadonlySet<string> = new Set(
  wordsOf(`
    arguments async await break case catch class const continue debugger default delete do else enum eval export extends
    false finally for function if implements import in instanceof interface let new null of package private protected public
    return static super switch this throw true try typeof using var void while with yield
    then
    Infinity NaN undefined globalThis
    decodeURI decodeURIComponent encodeURI encodeURIComponent escape isFinite isNaN parseFloat parseInt unescape
    AggregateError Array ArrayBuffer AsyncDisposableStack AsyncIterator Atomics BigInt BigInt64Array BigUint64Array Boolean
    DataView Date DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function
    Int16Array Int32Array Int8Array Intl Iterator JSON Map Math Number Object Promise Proxy RangeError ReferenceError Reflect
    RegExp Set SharedArrayBuffer String SuppressedError Symbol SyntaxError Temporal TypeError URIError Uint16Array
    Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly
    AbortController AbortSignal Buffer Event EventTarget TextDecoder TextEncoder URL URLSearchParams clearImmediate
    clearInterval clearTimeout console crypto exports global module performance process queueMicrotask require setImmediate
    setInterval setTimeout structuredClone
  `),
);

/**
 * What functions of generated code call their parameters and variables, where that is part of the emitter. Nothing at module
 * level has such a name, as a function that uses it would mean its own. A contract test reads the modules that are emitted
 * and finds what is missing here.
 */
export const innerNames: readonly string[] = wordsOf(`
  x upstream
  value found seen run problems
  failure error result count
  query cookies name action start equals from end path
  method methods at stop row hash code mixed slot text
  load services
`);
