/** The demonstration sign-in page: a name is enough. */

import type { Client } from "../domain/client.ts"
import { MAX_NAME_LENGTH } from "../domain/identity/demo.ts"
import { html } from "./html.ts"
import { layout } from "./layout.ts"
import { nameOf } from "./untrusted-text.ts"

export interface SignInPage {
  issuer: string
  action: string
  transaction: string
  csrf: string
  /** Cancelling is denying, which is a step of consent. */
  cancel: { action: string; csrf: string }
  client: Client
  /** What was entered, and what is wrong with it. */
  rejected?: { name: string; problem: string }
}

export function signInPage({ issuer, action, transaction, csrf, cancel, client, rejected }: SignInPage): string {
  const content = html`${rejected && summary(rejected.problem)}<h1>Sign in</h1>
<p>to continue to <strong>${nameOf(client)}</strong></p>
<form method="post" action="${action}" novalidate>
<input type="hidden" name="transaction" value="${transaction}">
<input type="hidden" name="csrf" value="${csrf}">
<label for="name">Your name</label>
<span class="hint" id="hint">Any name will do: this server is set up for trying things out, and each name is a user of its own.</span>
${rejected && html`<span class="wrong" id="wrong">${rejected.problem}</span>`}
${rejected ? rejectedInput(rejected.name) : emptyInput}
<button>Sign in</button>
</form>
<form method="post" action="${cancel.action}">
<input type="hidden" name="transaction" value="${transaction}">
<input type="hidden" name="csrf" value="${cancel.csrf}">
<button class="second" name="decision" value="deny">Cancel</button>
</form>`
  return layout({ title: rejected ? "Error: Sign in" : "Sign in", issuer, content })
}

// The summary takes the focus and is announced; its link leads to the field.
const summary = (problem: string) => html`<div class="problem" role="alert" tabindex="-1" autofocus>
<h2>There is a problem</h2>
<p><a href="#name">${problem}</a></p>
</div>
`

const emptyInput = html`<input id="name" name="name" autocomplete="username" autocapitalize="words" spellcheck="false" maxlength="${MAX_NAME_LENGTH}" required aria-describedby="hint" autofocus>`

const rejectedInput = (name: string) =>
  html`<input id="name" name="name" value="${name}" autocomplete="username" autocapitalize="words" spellcheck="false" maxlength="${MAX_NAME_LENGTH}" required aria-describedby="hint wrong" aria-invalid="true">`
