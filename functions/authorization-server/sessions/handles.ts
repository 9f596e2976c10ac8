/**
 * What we give out as authorization codes and refresh tokens: opaque to the client, and carrying the session's
 * place, so that redeeming one is a point read.
 *
 *     ac.<user>.<session>.<secret>
 *     rt.<user>.<session>.<family secret>.<rotating secret>
 */

export interface CodeHandle {
  readonly user: string;
  readonly session: string;
  readonly secret: string;
}

export interface RefreshHandle {
  readonly user: string;
  readonly session: string;
  readonly family: string;
  readonly secret: string;
}

const USER = "[A-Za-z0-9_-]{43}";
const SESSION = "[A-Za-z0-9_-]{22}";
const SECRET = "[A-Za-z0-9_-]{43}";
const CODE = new RegExp(`^ac\\.(${USER})\\.(${SESSION})\\.(${SECRET})$`);
const REFRESH = new RegExp(`^rt\\.(${USER})\\.(${SESSION})\\.(${SECRET})\\.(${SECRET})$`);

export function formatCode({ user, session, secret }: CodeHandle): string {
  return `ac.${user}.${session}.${secret}`;
}

/** @returns undefined when it is no code of ours */
export function parseCode(code: string): CodeHandle | undefined {
  const [, user, session, secret] = CODE.exec(code) ?? [];
  return user && session && secret ? { user, session, secret } : undefined;
}

export function formatRefreshToken({ user, session, family, secret }: RefreshHandle): string {
  return `rt.${user}.${session}.${family}.${secret}`;
}

/** @returns undefined when it is no refresh token of ours */
export function parseRefreshToken(token: string): RefreshHandle | undefined {
  const [, user, session, family, secret] = REFRESH.exec(token) ?? [];
  return user && session && family && secret ? { user, session, family, secret } : undefined;
}
