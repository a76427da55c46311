import { runRounds } from "../support/rounds-program.ts";
import { runCampaign } from "./campaign.ts";

await runRounds(runCampaign, { rounds: 40, tellEvery: 10 });
