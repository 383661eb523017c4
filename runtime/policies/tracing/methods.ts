/** Methods that spans name (`http.request.method`); any other is `_OTHER`, since clients choose it. */
const known: readonly string[] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "QUERY", "CONNECT", "TRACE"];

export const isKnownMethod = (method: string): boolean => known.includes(method);

/** What a span is called: the method, and `HTTP` for one that is not known. */
export const methodName = (method: string): string => (isKnownMethod(method) ? method : "HTTP");
