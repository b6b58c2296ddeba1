// @ts-check
// What a reward is: rules without a server, which a unit test can call.

/**
 * @typedef {object} Purse
 * @property {number} gold
 * @property {number} streak how many days in a row
 * @property {string} day when the last reward was taken, such as `2026-01-31`
 */

/** A purse that nobody has put anything into. @type {Readonly<Purse>} */
export const EMPTY = Object.freeze({ gold: 0, streak: 0, day: "" });

const FIRST = 10;
const MORE_EACH_DAY = 5;
const MOST = 50;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The day of a moment, in UTC. @param {Date} time */
export function dayOf(time) {
  return time.toISOString().slice(0, 10);
}

/**
 * The purse after today's reward; undefined when it was taken already.
 * @param {Readonly<Purse>} purse
 * @param {Date} now
 * @returns {Purse | undefined}
 */
export function claim(purse, now) {
  const today = dayOf(now);
  if (purse.day === today) return undefined;
  const yesterday = dayOf(new Date(now.getTime() - DAY_MS));
  const streak = purse.day === yesterday ? purse.streak + 1 : 1;
  return { gold: purse.gold + rewardOf(streak), streak, day: today };
}

/** What a day in a row is worth. @param {number} streak */
export function rewardOf(streak) {
  return Math.min(FIRST + MORE_EACH_DAY * (streak - 1), MOST);
}
