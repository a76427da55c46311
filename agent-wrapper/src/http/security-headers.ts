/** On every answer, whoever gives it. A page of ours replaces the policy by what it needs. */
export const securityHeaders = new Map([
  ["X-Content-Type-Options", "nosniff"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"],
  ["Referrer-Policy", "no-referrer"],
  ["Cache-Control", "no-store"],
]);
