/** The process around a command: given by `main`, replaced in tests. */
export interface Surroundings {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Texts that no output may hold: filled when the jobs file has been read. */
  readonly secrets: Set<string>;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly file: string;
  readonly json: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'auto' | 'pretty' | 'json';
}
