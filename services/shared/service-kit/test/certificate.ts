/** A certificate for a server on loopback. */
import { execFileSync } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Self-signed, for 127.0.0.1; `stop` removes the files. */
export function makeCertificate(): { cert: string; key: string; stop(): Promise<void> } {
  const directory = mkdtempSync(join(tmpdir(), "tls-"))
  const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")]
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-keyout",
      key,
      "-out",
      cert,
      "-days",
      "2",
      ...subject,
    ],
    { stdio: "pipe" },
  )
  return { cert, key, stop: () => rm(directory, { recursive: true }) }
}
