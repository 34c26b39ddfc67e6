// Discord's ids: ms since 2015 in the upper 42 bits, a counter below; decimal strings.
const epoch = 1420070400000;
let counter = 0;

// The counter never starts anew, so that two things made for the same past moment differ.
export function snowflake(ms = Date.now()) {
  counter = (counter + 1) & 0x3fffff;
  return ((BigInt(Math.floor(ms) - epoch) << 22n) | BigInt(counter)).toString();
}

export const snowflakeMs = (id) => Number(BigInt(id) >> 22n) + epoch;
export const isSnowflake = (s) => typeof s === "string" && /^(0|[1-9][0-9]{0,19})$/.test(s);
export const compare = (a, b) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
