// Imported before a program, it makes its clock jump by an hour whenever SIGUSR2 comes: forward, and back again.
const TrueDate = Date;
let shiftMs = 0;
process.on("SIGUSR2", () => {
  shiftMs = shiftMs === 0 ? 3_600_000 : 0;
});
globalThis.Date = class extends TrueDate {
  constructor(...given) {
    super(...(given.length === 0 ? [TrueDate.now() + shiftMs] : given));
  }
  static now() {
    return TrueDate.now() + shiftMs;
  }
};
