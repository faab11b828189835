/** `GET /`: what this server is, for whoever opens its address. */
import type { AuthDependencies } from "../dependencies.ts"
import { frontPage as renderFrontPage } from "../pages/front-page.ts"
import { sendPage, withErrorPage } from "./page-answer.ts"

export const frontPage = ({ config }: AuthDependencies) =>
  withErrorPage(config.issuer, async (_request, reply) =>
    sendPage(reply, 200, renderFrontPage(config.issuer, config.resources)),
  )
