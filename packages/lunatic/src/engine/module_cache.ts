// Where rewritten modules are kept between runs, if anywhere. The engine knows no disk; who has one passes this in.

export interface ModuleCache {
  /** What `store` was given for exactly these bytes and this form, by the same version of the rewrite; undefined: nothing. */
  load(source: Uint8Array, form: 'plain' | 'tracked'): Uint8Array | undefined;
  /** Keeps a copy, or does not. */
  store(source: Uint8Array, form: 'plain' | 'tracked', rewritten: Uint8Array): void;
}
