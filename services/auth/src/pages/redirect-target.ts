/** Where an answer goes, in words, and what a person should know before sending it there. */
import { isLoopbackRedirectUri } from "@gatehouse/oauth"

export interface RedirectTarget {
  /** A host (never shortened), this computer, or an app. */
  place: string
  /** Which port of this computer, or which app. */
  detail?: string
  /** Absent for a web site, which only its owner can receive at. */
  warning?: { title: string; text: string }
}

export function redirectTargetOf(redirectUri: string): RedirectTarget {
  const url = new URL(redirectUri)
  if (isLoopbackRedirectUri(redirectUri))
    return {
      place: "This computer",
      detail: url.host,
      warning: {
        title: "Did you start this yourself, just now?",
        text: "The answer goes to a program on this computer, and any program on this computer could receive it.",
      },
    }
  if (url.protocol === "https:") return { place: url.host }
  return {
    place: "An app on this device",
    detail: url.protocol.slice(0, -1),
    warning: {
      title: "Did you start this yourself, just now?",
      text: "The answer goes to an app on this device, and any app on this device could claim that name.",
    },
  }
}
