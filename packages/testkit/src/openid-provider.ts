import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

export const clientId = 'uw-wizard';
export const clientSecret = 'a secret of the provider and us';

/** What the provider says of somebody. */
export type Person = Record<string, unknown> & { sub: string };

/** Answers in the provider's place; true when it has. */
export type Meddle = (req: IncomingMessage, res: ServerResponse) => boolean;

/**
 * A real OpenID provider on loopback, at which whoever is named logs in without a page. Tokens hold no more than the subject:
 * the rest is for who asks at userinfo.
 */
export async function openOpenidProvider(redirectUrl: string) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...(await exportJWK(privateKey)), kid: 'p1', alg: 'ES256', use: 'sig' };
  const house = { meddle: (() => false) as Meddle, asked: [] as string[] };
  const people = new Map<string, Person>();
  let handle: (req: IncomingMessage, res: ServerResponse) => unknown = () => undefined;
  const server = createServer((req, res) => {
    house.asked.push(req.url?.split('?')[0] ?? '');
    if (!house.meddle(req, res)) handle(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUrl],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['cookies of the provider'] },
    scopes: ['openid', 'email', 'profile', 'groups'],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name'],
      groups: ['groups', 'company'],
    },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/people/${uid}` },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => people.get(id) ?? { sub: id } }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client?.clientId ?? '',
        accountId: ctx.oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile groups');
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  let next: Person | null = null;
  handle = async (req, res) => {
    if (!req.url?.startsWith('/people/')) return callback(req, res);
    const result =
      next === null ? { error: 'access_denied', error_description: 'no' } : { login: { accountId: next.sub } };
    return provider.interactionFinished(req, res, result);
  };

  return Object.assign(house, {
    issuer,
    /** Takes a browser from `location`, as `person` (null: who says no), to where it is sent back; answers that address. */
    async logIn(location: string, person: Person | null): Promise<URL> {
      if (person !== null) people.set(person.sub, person);
      next = person;
      const jar = new Map<string, string>();
      for (let url = new URL(location); ; ) {
        if (url.origin !== issuer) return url;
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
        for (const set of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
          jar.set(name, value);
        }
        const to = response.headers.get('location');
        if (to === null) throw new Error(`the provider answered ${response.status}: ${await response.text()}`);
        url = new URL(to, url);
      }
    },
    /** An ID token as it is, signed with the provider's own key, or another one. */
    sign: (claims: Record<string, unknown>, with_ = privateKey) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'p1' }).setIssuedAt().sign(with_),
    otherKey: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export type OpenidProvider = Awaited<ReturnType<typeof openOpenidProvider>>;
