/** What and where. Below it some errors show the text in question, which may hold a secret. */
export function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
}
