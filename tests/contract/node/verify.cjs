// Reads messages, one a line, from standard input, and prints the ids of those that the verifier named as the argument
// refuses. A message is {"id", "secret", "public_key", "headers", "body"}, its body in Base64.

const crypto = require("node:crypto");

// By the specification and node's own crypto alone.
const signaturesOf = (headers, scheme) =>
  headers["webhook-signature"]
    .split(" ")
    .map((signature) => signature.split(","))
    .filter(([version]) => version === scheme)
    .map(([, encoded]) => Buffer.from(encoded, "base64"));

const contentOf = (headers, body) =>
  Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`), body]);

const verifiers = {
  standardwebhooks({ secret, headers }, body) {
    const { Webhook } = require("standardwebhooks");
    new Webhook(secret).verify(body, headers, { jsonParse: false });
    return true;
  },
  v1({ secret, headers }, body) {
    const key = Buffer.from(secret.replace("whsec_", ""), "base64");
    const expected = crypto.createHmac("sha256", key).update(contentOf(headers, body)).digest();
    return signaturesOf(headers, "v1").some((one) => one.equals(expected));
  },
  v1a({ public_key, headers }, body) {
    // RFC 8410: what stands before the 32 bytes of every Ed25519 public key.
    const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(public_key.replace("whpk_", ""), "base64")]);
    const key = crypto.createPublicKey({ key: der, format: "der", type: "spki" });
    return signaturesOf(headers, "v1a").some((one) => crypto.verify(null, contentOf(headers, body), key, one));
  },
};

const accepted = (verify, message) => {
  try {
    return verify(message, Buffer.from(message.body, "base64"));
  } catch (refusal) {
    if (refusal.code === "MODULE_NOT_FOUND") throw refusal;
    return false;
  }
};

const lines = require("node:fs").readFileSync(0, "utf8").split("\n");
const messages = lines.filter((line) => line).map((line) => JSON.parse(line));
const verify = verifiers[process.argv.at(-1)];
const refused = messages.filter((message) => !accepted(verify, message)).map((message) => message.id);
console.log(JSON.stringify({ seen: messages.length, refused }));
