import { runRounds } from "../support/rounds-program.ts";
import { runChurn } from "./campaign.ts";

await runRounds(runChurn, { rounds: 20, tellEvery: 1 });
