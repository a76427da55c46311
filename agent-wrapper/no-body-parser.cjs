// What the bundle has in the place of body-parser: express takes its parsers from it, and nobody asks express for one.
module.exports = {};
