// Builds what every end-to-end test runs, once, before files that run at the same time each do.
import { testGatewayImage, testImage } from "../support/image.ts";

for (const image of [testImage, testGatewayImage]) console.log(await image());
