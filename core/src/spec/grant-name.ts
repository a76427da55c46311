const grantName = /^(?!.*\.\.)[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;

/** What is wrong with the name of a grant or of a profile of them, which becomes a file's name; or nothing. */
export function grantNameFault(name: string): string | undefined {
  if (grantName.test(name)) return undefined;
  return "expected up to 63 letters, digits, `_`, `.` and `-`, a letter or digit first and no `..`";
}
