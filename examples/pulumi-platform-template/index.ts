import * as pulumi from "@pulumi/pulumi";
import { teamWorkspace } from "./team-workspace.ts";

const config = new pulumi.Config();
const token = config.requireSecret("apiToken");
const apiKey = config.getSecret("openaiApiKey");
const firstPort = config.getNumber("firstPort") ?? 3301;

const shop = teamWorkspace("shop", { token, apiKey, port: firstPort });
const billing = teamWorkspace("billing", {
  token,
  apiKey,
  port: firstPort && firstPort + 1,
  allow: ["pay.example.com"],
});

export const urls = { shop: shop.url, billing: billing.url };
