/** TLS of a connection, PEM texts. `true` in the file: the system's CAs, verification on. */
export interface TlsConfig {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** Name to verify instead of the host's. */
  readonly servername: string | null;
  readonly verify: boolean;
}
