/** As much of the other authorization servers as the bench calls; they are installed for it only. */

declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  export interface Interaction {
    readonly uid: string;
    readonly params: Readonly<Record<string, unknown>>;
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  export default class Provider {
    constructor(issuer: string, configuration: object);
    readonly Grant: new (properties: {
      accountId: string;
      clientId: string;
    }) => Grant;
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  }
}

declare module "@cloudflare/workers-oauth-provider" {
  export interface AuthorizationRequest {
    readonly scope: string[];
  }

  export interface Helpers {
    parseAuthRequest(request: Request): Promise<AuthorizationRequest>;
    describeConsent(request: AuthorizationRequest): Promise<{
      readonly clientName: string;
      readonly redirectHost: string;
      readonly scope: readonly string[];
    }>;
    beginConsent(
      request: AuthorizationRequest,
    ): Promise<{ readonly handle: string; readonly headers: Headers }>;
    approveConsent(
      request: Request,
      handle: string,
    ): Promise<{ readonly request: AuthorizationRequest; readonly headers: Headers }>;
    beginUpstream(
      request: AuthorizationRequest,
      options: { data: unknown; headers: Headers },
    ): Promise<{ readonly state: string; readonly headers: Headers }>;
    finishUpstream<Data>(
      request: Request,
    ): Promise<{ readonly request: AuthorizationRequest; readonly data: Data; readonly headers: Headers }>;
    completeAuthorization(options: {
      request: AuthorizationRequest;
      userId: string;
      metadata: object;
      scope: readonly string[];
      props: object;
    }): Promise<{ readonly redirectTo: string }>;
  }

  export class OAuthAuthorizationServer {
    constructor(options: object);
    fetch(request: Request, env: object, context: object): Promise<Response>;
    getOAuthApi(env: object): Helpers;
  }
}
