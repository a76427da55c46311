/** An address for what sends no header: the ticket in it stands for the token. */
export function withTicket(url: string, ticket: string | undefined): string {
  return ticket === undefined ? url : `${url}?ticket=${encodeURIComponent(ticket)}`;
}
