// Pages of lists.

/** Which page of a list. */
export interface Page {
  /** How many, 1 to 100; 100 when it is left out. */
  limit?: number;
  /** Where to go on, from an earlier page of the same list; at the beginning when it is left out. */
  cursor?: string;
}

/** How much is on a page when nobody says. */
export const PAGE = 100;
