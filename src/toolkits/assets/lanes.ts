/** Tasks of one lane run one after the other; lanes do not wait for each other. */
export class Lanes {
  readonly #tails = new Map<string, Promise<unknown>>()
  readonly #width: number
  #turn = 0

  /** `width` is how many tasks of `runSome` run at a time. */
  constructor(width: number) {
    this.#width = width
  }

  run<Result>(lane: string, task: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(lane) ?? Promise.resolve()
    const done = before.then(task)
    // The next waits for the end, whatever it was; who asked for the task hears of a failure.
    const tail = done.then(
      () => undefined,
      () => undefined,
    )
    this.#tails.set(lane, tail)
    void tail.then(() => {
      if (this.#tails.get(lane) === tail) this.#tails.delete(lane)
    })
    return done
  }

  /** For work that needs much memory. */
  runSome<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#turn = (this.#turn + 1) % this.#width
    return this.run(`some ${this.#turn}`, task)
  }
}
