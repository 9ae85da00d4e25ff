// The certified oidc-provider on loopback over TLS: node server.mjs PORT FOLDER
// FOLDER holds cert.pem, key.pem, and keys.json, which is made if it is missing. Lines on standard input are orders:
// "rotate" signs with new keys and keeps the old ones published, "withdraw" publishes the latest alone.
import { createServer } from "node:https";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

const [port, folder] = process.argv.slice(2);
const issuer = `https://localhost:${port}`;
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

// One key for each kind: the RSA key serves six algorithms.
const kinds = ["RS256", "ES256", "ES384", "ES512", "EdDSA"];
let made = 0;
async function makeKeys() {
  const keys = [];
  made += 1;
  for (const algorithm of kinds) {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const jwk = await exportJWK(privateKey);
    keys.push({ ...jwk, use: "sig", kid: `${jwk.kty}-${jwk.crv ?? "2048"}-${Date.now()}-${made}` });
  }
  return keys;
}

const file = `${folder}/keys.json`;
let generations = existsSync(file) ? JSON.parse(readFileSync(file)) : [await makeKeys()];

// What a provider remembers, kept over a change of its keys: a user may be on the way when they change.
const remembered = new Map();
class Memory {
  constructor(model) {
    this.model = model;
  }
  async upsert(id, payload) {
    remembered.set(`${this.model}:${id}`, payload);
  }
  async find(id) {
    return remembered.get(`${this.model}:${id}`);
  }
  async findByUid(uid) {
    return [...remembered].find(([key, payload]) => key.startsWith(`${this.model}:`) && payload.uid === uid)?.[1];
  }
  async consume(id) {
    remembered.get(`${this.model}:${id}`).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    remembered.delete(`${this.model}:${id}`);
  }
  async revokeByGrantId(grantId) {
    for (const [key, payload] of remembered) if (payload.grantId === grantId) remembered.delete(key);
  }
}

function start() {
  writeFileSync(file, JSON.stringify(generations));
  const provider = new Provider(issuer, {
    adapter: Memory,
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    jwks: { keys: generations.flat() },
    clients: algorithms.map((algorithm) => ({
      client_id: `e2e-${algorithm}`, client_secret: "not-a-secret", token_endpoint_auth_method: "client_secret_post",
      grant_types: ["client_credentials", "authorization_code"], response_types: ["code"],
      redirect_uris: ["https://app.example.test/back"], id_token_signed_response_alg: algorithm,
    })),
    scopes: ["api"],
    enabledJWA: { idTokenSigningAlgValues: algorithms },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // An access token for no resource is no JWT; ID tokens come beside one.
        defaultResource: () => undefined,
        getResourceServerInfo: (_, resource) => ({
          scope: "api", audience: "e2e-audience", accessTokenTTL: 600, accessTokenFormat: "jwt",
          jwt: { sign: { alg: resource.split(":").at(-1) } },
        }),
      },
    },
    ttl: { ClientCredentials: 600, IdToken: 600, Session: 600, Grant: 600, Interaction: 600, AccessToken: 600 },
  });
  const answer = provider.callback();
  return (request, response) => (request.url.startsWith("/interaction/") ? logIn : answer)(request, response, provider);
}

// Whoever comes is the user, and agrees.
async function logIn(request, response, provider) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: "e2e-user", clientId: params.client_id });
  grant.addOIDCScope("openid");
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { login: { accountId: "e2e-user" }, consent: { grantId } });
}

let handler = start();
const tls = { cert: readFileSync(`${folder}/cert.pem`), key: readFileSync(`${folder}/key.pem`) };
const server = createServer(tls, (request, response) => handler(request, response));
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
createInterface({ input: process.stdin }).on("line", async (order) => {
  if (order === "rotate") generations = [await makeKeys(), ...generations];
  if (order === "withdraw") generations = generations.slice(0, 1);
  handler = start();
  console.log("done");
}).on("close", () => process.exit(0));
