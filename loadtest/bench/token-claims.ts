/** What our authorization server says of a token: eleven claims, no two tokens alike. */
export const tokenClaims = (
  number: number,
  { issuer, resource, exp }: { issuer: string; resource: string; exp: number },
) => ({
  iss: issuer,
  sub: `demo|user ${number}`,
  aud: resource,
  client_id: `client-${number}`,
  scope: "mcp",
  iat: exp - 3600,
  exp,
  jti: `jti-${number}`,
  grant_id: `grant-${number}`,
})
