// Why something failed, and how it reaches the client.

/** The codes of errors, which are gRPC's. Over HTTP each has its status, such as 404 for `notFound`. */
export const code = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/**
 * An error with a code. Thrown by a handler it reaches the client, code and message as they are; the server's functions
 * throw it too. Anything else that a handler throws becomes code 13, with its stack in the server's log.
 */
export class PluginError extends Error {
  /** A gRPC status code, 1 to 16. */
  readonly code: number;

  constructor(code: number, message: string) {
    if (!Number.isInteger(code) || code < 1 || code > 16) {
      throw new RangeError(`${String(code)} is no code of an error: it is a whole number from 1 to 16`);
    }
    super(message);
    this.name = "PluginError";
    this.code = code;
  }

  /** What the caller gave is wrong (3). */
  static invalidArgument(message: string): PluginError {
    return new PluginError(code.invalidArgument, message);
  }

  /** It is not there (5). */
  static notFound(message: string): PluginError {
    return new PluginError(code.notFound, message);
  }

  /** It is there already (6). */
  static alreadyExists(message: string): PluginError {
    return new PluginError(code.alreadyExists, message);
  }

  /** The caller may not (7). */
  static permissionDenied(message: string): PluginError {
    return new PluginError(code.permissionDenied, message);
  }

  /** Too much, or too often (8). */
  static resourceExhausted(message: string): PluginError {
    return new PluginError(code.resourceExhausted, message);
  }

  /** Not in the present state of things (9). */
  static failedPrecondition(message: string): PluginError {
    return new PluginError(code.failedPrecondition, message);
  }

  /** Something else came first; trying again may help (10). */
  static aborted(message: string): PluginError {
    return new PluginError(code.aborted, message);
  }

  /** Not there yet (12). */
  static unimplemented(message: string): PluginError {
    return new PluginError(code.unimplemented, message);
  }

  /** The plugin is at fault (13). */
  static internal(message: string): PluginError {
    return new PluginError(code.internal, message);
  }

  /** Not now; later (14). */
  static unavailable(message: string): PluginError {
    return new PluginError(code.unavailable, message);
  }

  /** Who calls is not known (16). */
  static unauthenticated(message: string): PluginError {
    return new PluginError(code.unauthenticated, message);
  }
}
