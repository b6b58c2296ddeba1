// Connected sessions.

import { disconnect as witDisconnect } from "meadhall:plugin/session@0.1.0";
import { host } from "./host.js";

/** Closes a session's socket; nothing happens when it is not connected. A reason is written to the log and to the
 * session-end event. */
export function disconnect(sessionId: string, reason?: string): void {
  host(witDisconnect, sessionId, reason);
}
