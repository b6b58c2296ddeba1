// What a refusal looks like: a gRPC code from REST, a realtime code from a socket. An operation adds the text it expects.

export const invalid = { code: 3 };
export const missing = { code: 5 };
export const taken = { code: 6 };
export const lastLink = { code: 7, text: "Cannot unlink last account identifier" };
export const unauthenticated = { code: 16 };

/** From a socket. */
export const wrong = { code: 3 };
