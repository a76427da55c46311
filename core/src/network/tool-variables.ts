import { gatewayRoutes, relayPorts } from "../gateway/contract.ts";
import type { GatewayPlan } from "../gateway/gateway-plan.ts";

/** By these, programs find the proxy: one spelling for some, the other for the rest; Node takes them when it is told to. */
export function proxyVariables(): Record<string, string> {
  const proxy = `http://127.0.0.1:${relayPorts.egressProxy}`;
  const variables = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: "localhost,127.0.0.1,::1" };
  const spelled = Object.entries(variables).flatMap(([name, value]) => [
    [name, value] as const,
    [name.toLowerCase(), value] as const,
  ]);
  return { ...Object.fromEntries(spelled), NODE_USE_ENV_PROXY: "1" };
}

/** By these, programs find what the model gateway adds a credential to. */
export function grantVariables({ github, grants }: GatewayPlan): Record<string, string> {
  const gateway = `http://127.0.0.1:${relayPorts.modelGateway}`;
  return {
    ...(github !== undefined && { GITHUB_API_URL: `${gateway}${gatewayRoutes.githubApi}` }),
    ...(grants.length > 0 && { GRANTS_URL: `${gateway}${gatewayRoutes.grants}` }),
  };
}

/** By these, programs find a file of certificates, which most take in place of their own. */
export function caVariables(bundle: string): Record<string, string> {
  const names = [
    "CODEX_CA_CERTIFICATE",
    // OpenSSL, and so Ruby, Go and others.
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    // Python's requests.
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "CARGO_HTTP_CAINFO",
  ];
  return Object.fromEntries(names.map((name) => [name, bundle]));
}
