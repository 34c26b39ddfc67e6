// Discord's ids: ms since 2015 in the upper 42 bits, a counter below; decimal strings.
const epoch = 1420070400000;
let lastMs = 0, counter = 0;

export function snowflake(ms = Date.now()) {
  const at = Math.floor(ms);
  if (at === lastMs) counter++;
  else { lastMs = at; counter = 0; }
  return ((BigInt(at - epoch) << 22n) | BigInt(counter & 0x3fffff)).toString();
}

export const snowflakeMs = (id) => Number(BigInt(id) >> 22n) + epoch;
export const isSnowflake = (s) => typeof s === "string" && /^(0|[1-9][0-9]{0,19})$/.test(s);
export const compare = (a, b) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
