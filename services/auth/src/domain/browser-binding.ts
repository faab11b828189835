/** Binds an authorization to the browser that was asked: one secret a browser, and from it a CSRF token for each step. */
import { createHmac, timingSafeEqual } from "node:crypto"
import { OAuthError } from "@gatehouse/oauth"

/** The steps that are posted. A token of one step is worth nothing at another. */
export type Step = "consent" | "sign-in"

const secretForm = /^[A-Za-z0-9_-]{43}$/

export const isBrowserSecret = (text: string | undefined): text is string => text !== undefined && secretForm.test(text)

/** Only the browser's secret makes it, and it is good for one step of one transaction. */
export const csrfToken = (browserSecret: string, step: Step, transaction: string): string =>
  createHmac("sha256", browserSecret).update(`${step}:${transaction}`).digest("base64url")

/** @throws OAuthError `access_denied` (403) when the form was not served to this browser for this step */
export function checkCsrfToken(sent: string | undefined, browserSecret: string, step: Step, transaction: string): void {
  const expected = Buffer.from(csrfToken(browserSecret, step, transaction))
  const given = Buffer.from(sent ?? "")
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw otherBrowser()
}

export const otherBrowser = (): OAuthError =>
  new OAuthError("access_denied", "This page was opened in another browser, or the browser did not keep its cookie.")
