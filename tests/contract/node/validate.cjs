// Reads lines of [schema, instance] from standard input, and prints what ajv says of each: alone, and with ajv-formats.

const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

// Not strict: the schema says x-form-version, and with formatMinimum what pages offer, which ajv alone doesn't know.
const plain = (schema, instance) => new Ajv({ strict: false, logger: false }).compile(schema)(instance);
const withFormats = (schema, instance) => {
  const ajv = new Ajv({ strict: false, logger: false });
  addFormats(ajv, { keywords: true });
  return ajv.compile(schema)(instance);
};

const lines = require("node:fs").readFileSync(0, "utf8").split("\n");
const pairs = lines.filter((line) => line).map((line) => JSON.parse(line));
console.log(JSON.stringify([plain, withFormats].map((judge) => pairs.map((pair) => judge(...pair)))));
