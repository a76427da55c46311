const units = { h: 3_600_000, m: 60_000, s: 1000 };
const span = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?$/;
const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * When `1h30m` ago was, or an ISO time; without a zone it is of this machine's. Undefined where it is neither.
 *
 * @param now - in milliseconds since 1970, and so is what is returned
 */
export function parseSince(text: string, now: number): number | undefined {
  if (time.test(text)) {
    const date = Date.parse(text.includes("T") ? text : `${text}T00:00`);
    return Number.isNaN(date) ? undefined : date;
  }
  const [given, h = 0, m = 0, s = 0] = span.exec(text) ?? [];
  if (given === undefined || given === "") return undefined;
  return now - Number(h) * units.h - Number(m) * units.m - Number(s) * units.s;
}
