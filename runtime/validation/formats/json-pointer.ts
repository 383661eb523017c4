/** RFC 6901 §3. */
export const isJsonPointer = (text: string): boolean => pointer.test(text);

/** draft-bhutton-relative-json-pointer-00. */
export const isRelativeJsonPointer = (text: string): boolean => relative.test(text);

const pointer = /^(?:\/(?:[^~/]|~0|~1)*)*$/;
const relative = /^(?:0|[1-9]\d*)(?:[+-][1-9]\d*)?(?:#|(?:\/(?:[^~/]|~0|~1)*)*)$/;
