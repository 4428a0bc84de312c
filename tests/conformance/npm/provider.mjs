// A certified OpenID provider with the claims of a national one, for the tests of signing in.
// Arguments: port, client secret, addresses of ours as JSON {redirect, left, ended}, people as JSON
// {login: {acr, amr, claims}}, key as JWK or "". A line on standard output says that it listens.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const [port, secret, placesText, peopleText, keyText] = process.argv.slice(2);
const places = JSON.parse(placesText);
const people = JSON.parse(peopleText);
const issuer = `http://127.0.0.1:${port}`;
const made = () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const key = { ...(keyText ? JSON.parse(keyText) : made()), use: "sig", alg: "RS256", kid: `k${Date.now()}` };

const provider = new Provider(issuer, {
  clients: [{
    client_id: "cordee",
    client_secret: secret,
    redirect_uris: [places.redirect],
    post_logout_redirect_uris: [places.left],
    backchannel_logout_uri: places.ended,
    backchannel_logout_session_required: true,
  }],
  jwks: { keys: [key] },
  cookies: { keys: ["only for tests"] },
  acrValues: ["eidas1", "eidas2", "eidas3"],
  scopes: ["openid", "scope_all", "profile"],
  claims: {
    openid: ["sub", "acr", "amr", "auth_time"],
    profile: ["given_name", "family_name", "preferred_username"],
    scope_all: [
      "given_name", "family_name", "SubjectNameID", "SubjectRole", "SubjectOrganization",
      "SubjectOrganizationID", "SubjectRefPro", "Palier_Authentification", "otherIds", "rpps",
    ],
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 300, IdToken: 300 },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx, form) => {
        ctx.body = `<!doctype html><title>fin</title>${form}
          <button form="op.logoutForm" name="logout" value="yes">Fermer</button>`;
      },
    },
  },
  // The relying party of a test is on this machine, which the provider would not write to by itself.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  findAccount: async (_, id) => ({
    accountId: id,
    claims: async () => ({ sub: `f:${id}`, ...people[id].claims }),
  }),
});

const read = async (request) => {
  let text = "";
  for await (const part of request) text += part;
  return new URLSearchParams(text);
};

const choose = async (request, response) => {
  const details = await provider.interactionDetails(request, response);
  if (request.method === "GET") {
    const buttons = Object.keys(people).map((id) => `<button name="login" value="${id}">${id}</button>`);
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>fournisseur</title><form method="post">${buttons.join("")}
      <button name="login" value="">Refuser</button></form>`);
    return;
  }
  const login = (await read(request)).get("login");
  if (!login) {
    const error = { error: "access_denied", error_description: "the person refused" };
    await provider.interactionFinished(request, response, error, { mergeWithLastSubmission: false });
    return;
  }
  const grant = new provider.Grant({ accountId: login, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  const { acr, amr } = people[login];
  await provider.interactionFinished(request, response, {
    login: { accountId: login, acr, amr },
    consent: { grantId: await grant.save() },
  }, { mergeWithLastSubmission: false });
};

const server = createServer((request, response) => {
  if (request.url.startsWith("/interaction/")) {
    choose(request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
    return;
  }
  provider.callback()(request, response);
});
server.listen(Number(port), "127.0.0.1", () => console.log(`listening ${issuer}`));
