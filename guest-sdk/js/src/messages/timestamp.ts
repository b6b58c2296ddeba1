// Moments.

/** A moment as the public messages write it: RFC 3339 in UTC, such as `2024-01-02T03:04:05.678Z`; for `Date.parse`. */
export type Timestamp = string;
