// Keycloak on loopback over TLS: node server.mjs PORT FOLDER DIST
// FOLDER holds cert.pem and key.pem, DIST is the unpacked distribution. Sets up the realm e2e with a key and a client
// for each algorithm, prints "ready", and takes the order "rotate" on standard input: new keys of higher priority.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { createInterface } from "node:readline";

const [port, folder, dist] = process.argv.slice(2);
const base = `https://localhost:${port}`;
const ca = readFileSync(`${folder}/cert.pem`);
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

const keycloak = spawn(`${dist}/bin/kc.sh`, [
  "start-dev", "--http-enabled=false", "--http-host=127.0.0.1", `--https-port=${port}`, `--hostname=${base}`,
  `--https-certificate-file=${folder}/cert.pem`, `--https-certificate-key-file=${folder}/key.pem`,
], {
  env: { ...process.env, KC_BOOTSTRAP_ADMIN_USERNAME: "admin", KC_BOOTSTRAP_ADMIN_PASSWORD: "admin" },
  stdio: ["ignore", 2, 2],
});
keycloak.on("exit", (code) => process.exit(code ?? 1));

function ask(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const asked = request(`${base}${path}`, { method, headers, ca }, (response) => {
      let text = "";
      response.on("data", (piece) => text += piece).on("end", () => resolve({ status: response.statusCode, text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

async function admin(method, path, document) {
  const form = "grant_type=password&client_id=admin-cli&username=admin&password=admin";
  const login = await ask("POST", "/realms/master/protocol/openid-connect/token",
    { "content-type": "application/x-www-form-urlencoded" }, form);
  const token = JSON.parse(login.text).access_token;
  const answer = await ask(method, `/admin${path}`,
    { authorization: `Bearer ${token}`, "content-type": "application/json" }, JSON.stringify(document));
  if (answer.status >= 300 && answer.status !== 409) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer.status;
}

// The priority of the next keys: later ones sign.
let priority = Math.floor(Date.now() / 1000);
async function makeKeys() {
  priority += 1;
  for (const algorithm of algorithms) {
    const [providerId, config] = algorithm.startsWith("ES")
      ? ["ecdsa-generated", { ecdsaEllipticCurveKey: [{ ES256: "P-256", ES384: "P-384", ES512: "P-521" }[algorithm]] }]
      : algorithm === "EdDSA"
        ? ["eddsa-generated", { eddsaEllipticCurveKey: ["Ed25519"] }]
        : ["rsa-generated", { algorithm: [algorithm] }];
    await admin("POST", "/realms/e2e/components", {
      name: `${algorithm}-${priority}`, providerType: "org.keycloak.keys.KeyProvider", providerId,
      config: { ...config, priority: [String(priority)], enabled: ["true"], active: ["true"] },
    });
  }
}

for (;;) {
  const there = await ask("GET", "/realms/master").catch(() => ({ status: 0 }));
  if (there.status === 200) break;
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
const clients = algorithms.map((algorithm) => ({
  clientId: `e2e-${algorithm}`, secret: "not-a-secret", serviceAccountsEnabled: true, standardFlowEnabled: false,
  directAccessGrantsEnabled: true,
  attributes: { "access.token.signed.response.alg": algorithm, "id.token.signed.response.alg": algorithm },
  protocolMappers: [{
    name: "audience", protocol: "openid-connect", protocolMapper: "oidc-audience-mapper",
    config: { "included.custom.audience": "e2e-audience", "access.token.claim": "true" },
  }],
}));
const users = [{
  username: "e2e-user", enabled: true, email: "e2e-user@example.test", emailVerified: true, firstName: "E", lastName: "E",
  credentials: [{ type: "password", value: "not-a-secret", temporary: false }],
}];
const realm = { realm: "e2e", enabled: true, accessTokenLifespan: 600, clients, users };
const made = await admin("POST", "/realms", realm);
if (made === 201) await makeKeys();
console.log("ready");
createInterface({ input: process.stdin }).on("line", async (order) => {
  if (order === "rotate") await makeKeys();
  console.log("done");
}).on("close", () => keycloak.kill());
