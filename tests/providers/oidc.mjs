// A certified OpenID provider with one client, over TLS.
//   node oidc.mjs ADDRESS PORT DIRECTORY KEY...
// DIRECTORY has tls.pem and tls.key, and keeps the keys, each made when it is first named. The first
// KEY signs; all are published. Port 0 takes a free one. Prints "issuer URL" once it listens.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider from 'oidc-provider';

const [address, port, directory, ...names] = process.argv.slice(2);

function key(name) {
  const path = `${directory}/${name}.jwk`;
  if (!existsSync(path)) {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = pair.privateKey.export({ format: 'jwk' });
    writeFileSync(path, JSON.stringify({ ...jwk, kid: name, alg: 'ES256', use: 'sig' }));
  }
  return JSON.parse(readFileSync(path));
}

const options = {
  jwks: { keys: names.map(key) },
  scopes: ['system/AuditEvent.cruds'],
  clients: [{
    client_id: 'ward-7',
    client_secret: 'of-the-ward',
    id_token_signed_response_alg: 'ES256',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  }],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({
        scope: 'system/AuditEvent.cruds',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 3600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
};

const server = createServer({
  cert: readFileSync(`${directory}/tls.pem`),
  key: readFileSync(`${directory}/tls.key`),
});
server.listen(Number(port), address, () => {
  const issuer = `https://${address}:${server.address().port}`;
  const provider = new Provider(issuer, options);
  server.on('request', provider.callback());
  console.log(`issuer ${issuer}`);
});
