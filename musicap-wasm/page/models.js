// The model that captions. When another takes its place, jobs that use it still run to their end.

export class Models {
  #current;
  #loadDefault;
  /** Jobs that use each model, and the models to dispose of when they have none. */
  #jobs = new Map();
  #retired = new Set();
  #onChange;

  /** `loadDefault()` loads the model to begin with; `onChange(model)` is called with each new one. */
  constructor(loadDefault, onChange) {
    [this.#loadDefault, this.#onChange] = [loadDefault, onChange];
  }

  /** Runs `job(model)` with the current model. */
  async use(job) {
    this.#current ??= this.#keep(this.#loadDefault());
    const model = await this.#current;
    this.#jobs.set(model, (this.#jobs.get(model) ?? 0) + 1);
    try {
      return await job(model);
    } finally {
      this.#jobs.set(model, this.#jobs.get(model) - 1);
      this.#disposeIfUnused(model);
    }
  }

  /** Makes the model that `loading` resolves to the current one, once it is there. */
  async replace(loading) {
    const model = await loading;
    const before = this.#current;
    this.#current = Promise.resolve(model);
    this.#onChange(model);
    const old = await before?.catch(() => undefined);
    if (!old) return;
    this.#retired.add(old);
    this.#disposeIfUnused(old);
  }

  #keep(loading) {
    const kept = loading.then((model) => {
      this.#onChange(model);
      return model;
    });
    // After a failure the next job tries again.
    kept.catch(() => this.#current === kept && (this.#current = undefined));
    return kept;
  }

  #disposeIfUnused(model) {
    if (!this.#retired.has(model) || this.#jobs.get(model) > 0) return;
    this.#retired.delete(model);
    this.#jobs.delete(model);
    model.dispose();
  }
}
