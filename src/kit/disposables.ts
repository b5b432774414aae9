/** Node 20 has no AsyncDisposableStack: what is opened is released last-in first-out, the first error is kept. */
export class Disposables implements AsyncDisposable {
  readonly #releases: (() => Promise<void>)[] = [];

  use<T extends AsyncDisposable>(resource: T): T {
    this.#releases.push(() => Promise.resolve(resource[Symbol.asyncDispose]()));
    return resource;
  }

  defer(release: () => Promise<void>): void {
    this.#releases.push(release);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    let failure: { readonly error: unknown } | null = null;
    for (let release = this.#releases.pop(); release; release = this.#releases.pop()) {
      try {
        await release();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
  }
}
