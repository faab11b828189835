/** What the tests use of oidc-provider, which brings no types. */
declare module "oidc-provider" {
  import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"

  export interface Grant {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }

  export class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
    interactionDetails(
      request: IncomingMessage,
      response: ServerResponse,
    ): Promise<{ prompt: { name: string }; params: { client_id: string } }>
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
    Grant: new (grant: {
      accountId: string
      clientId: string
    }) => Grant
    Client: { find(clientId: string): Promise<object | undefined> }
    ResourceServer: new (
      audience: string,
      about: object,
    ) => object
    AccessToken: new (token: {
      accountId: string
      client: object
      grantId: string
      gty: string
      scope: string
      resourceServer: object
      expiresIn: number
    }) => { save(): Promise<string> }
  }
}

declare module "oidc-provider/lib/adapters/memory_adapter.js" {
  export function createMemoryAdapter(): (model: string) => object
}
