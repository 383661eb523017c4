/** What crosses a process or a network: nothing else survives `JSON.stringify` and back. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
