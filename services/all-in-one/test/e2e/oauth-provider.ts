/** What an MCP client keeps of its authorization, in memory: the SDK's `OAuthClientProvider`, alike in its first and second generation. */

interface ClientInformation {
  client_id: string
  client_secret?: string
}

export interface Tokens {
  access_token: string
  token_type: string
  refresh_token?: string
  expires_in?: number
  scope?: string
}

export class MemoryOAuthProvider {
  readonly redirectUrl = "http://127.0.0.1:43210/callback"
  readonly clientMetadata: {
    client_name: string
    redirect_uris: string[]
    grant_types: string[]
    response_types: string[]
    token_endpoint_auth_method: string
  }
  /** Where the client sent its user last. */
  authorizationUrl: URL | undefined
  information: ClientInformation | undefined
  saved: Tokens | undefined
  #verifier = ""

  constructor(clientName: string) {
    this.clientMetadata = {
      client_name: clientName,
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    }
  }

  state = () => "state-of-this-flow"
  clientInformation = () => this.information
  saveClientInformation = (information: ClientInformation) => {
    this.information = information
  }
  tokens = () => this.saved
  saveTokens = (tokens: Tokens) => {
    this.saved = tokens
  }
  redirectToAuthorization = (url: URL) => {
    this.authorizationUrl = url
  }
  saveCodeVerifier = (verifier: string) => {
    this.#verifier = verifier
  }
  codeVerifier = () => this.#verifier
}
