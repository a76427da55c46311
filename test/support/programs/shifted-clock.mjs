// Imported before a program, it makes its clock jump whenever SIGUSR2 comes: forward, and back again. By an hour, or by
// `?hours=` of its URL.
const hours = Number(new URL(import.meta.url).searchParams.get("hours") ?? 1);
const TrueDate = Date;
let shiftMs = 0;
process.on("SIGUSR2", () => {
  shiftMs = shiftMs === 0 ? hours * 3_600_000 : 0;
});
globalThis.Date = class extends TrueDate {
  constructor(...given) {
    super(...(given.length === 0 ? [TrueDate.now() + shiftMs] : given));
  }
  static now() {
    return TrueDate.now() + shiftMs;
  }
};
