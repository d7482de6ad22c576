import type { Attributes, Counter, Gauge, Histogram, Meter } from '@opentelemetry/api'
import type {
  CallSettled,
  CircuitChanged,
  Happening,
  RequestFinished,
  TurnFinished,
} from '../../ports/index.ts'
import {
  attributes as name,
  codeOf,
  metrics,
  modelOf,
  operations,
  other,
  providerOf,
} from './names.ts'

/** Boundaries as the conventions advise, of seconds and of tokens. */
const buckets = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]
const turnBuckets = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6]
const tokenBuckets = [
  1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
  67_108_864,
]
const shareBuckets = [0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.99, 1]

/** Codes that say a limit was hit, of calls and as reasons why a turn ended. */
const limits: readonly string[] = [
  'rate-limited',
  'circuit-open',
  'input-too-large',
  'output-too-large',
  'timed-out',
  'not-started',
  'approval-expired',
  'repeated-call',
  'budget-exceeded',
  'max-steps',
  'max-calls',
  'max-tokens',
  'repeated-calls',
]

const circuitValues = { closed: 0, 'half-open': 1, open: 2 } as const

/** What is counted: outcomes and turns once, wherever they ran, and requests where they were made. */
export class Measures {
  readonly #agent: Attributes
  readonly #calls: Counter
  readonly #callErrors: Counter
  readonly #limits: Counter
  readonly #turns: Counter
  readonly #toolDuration: Histogram
  readonly #queueDuration: Histogram
  readonly #requestDuration: Histogram
  readonly #turnDuration: Histogram
  readonly #tokens: Histogram
  readonly #stepUsage: Histogram
  readonly #circuit: Gauge
  readonly #tools = new Values(1_000)
  readonly #errors = new Values(200)

  constructor(meter: Meter, agentName: string | undefined) {
    this.#agent = agentName === undefined ? {} : { [name.agent]: agentName }
    this.#calls = counter(meter, metrics.calls, 'Calls that ended, by how they ended.')
    this.#callErrors = counter(meter, metrics.callErrors, 'Calls that ended without an output.')
    this.#limits = counter(meter, metrics.limits, 'Calls and turns that a limit ended.')
    this.#turns = counter(meter, metrics.turns, 'Turns that ended, by why.')
    const of = (title: string, shape: Shape): Histogram => histogram(meter, title, shape)
    this.#toolDuration = of(metrics.toolDuration, {
      description: 'Calls that began, from the grant to the end.',
      unit: 's',
      buckets,
    })
    this.#queueDuration = of(metrics.queueDuration, {
      description: 'How long calls waited for somebody to run them.',
      unit: 's',
      buckets,
    })
    this.#requestDuration = of(metrics.requestDuration, {
      description: 'Requests to models, to the end of the answer.',
      unit: 's',
      buckets,
    })
    this.#turnDuration = of(metrics.turnDuration, {
      description: 'Turns, from begin to end.',
      unit: 's',
      buckets: turnBuckets,
    })
    this.#tokens = of(metrics.tokens, {
      description: 'Tokens of a request and of its answer.',
      unit: '{token}',
      buckets: tokenBuckets,
    })
    this.#stepUsage = of(metrics.stepUsage, {
      description: 'Steps of a turn as a share of the most that it may take.',
      unit: '1',
      buckets: shareBuckets,
    })
    this.#circuit = meter.createGauge(metrics.circuit, {
      description: 'The circuit of a tool: 0 closed, 1 one call tries, 2 open.',
    })
  }

  observe(happening: Happening): void {
    switch (happening.type) {
      case 'call-settled':
        return this.#callSettled(happening)
      case 'request-finished':
        return this.#requestFinished(happening)
      case 'turn-finished':
        return this.#turnFinished(happening)
      case 'circuit-changed':
        return this.#circuitChanged(happening)
      default:
        return undefined
    }
  }

  #callSettled({
    state,
    errorCode = state,
    executor,
    durationMs,
    queueMs,
    ...call
  }: CallSettled): void {
    const tool = { [name.tool]: call.isKnown ? this.#tools.known(call.toolName) : other }
    const place = { ...tool, [name.executor]: executor }
    const failed = state !== 'output-available'
    const error = failed ? { [name.error]: this.#errors.known(codeOf(errorCode)) } : {}
    this.#calls.add(1, { ...place, [name.callState]: state })
    if (failed) this.#callErrors.add(1, { ...place, ...error })
    if (failed && limits.includes(errorCode))
      this.#limits.add(1, { ...tool, [name.limit]: errorCode })
    if (durationMs !== undefined)
      this.#toolDuration.record(durationMs / 1_000, { ...place, ...error })
    if (queueMs !== undefined) this.#queueDuration.record(queueMs / 1_000, place)
  }

  #requestFinished({ modelId, format, durationMs, usage, errorCode }: RequestFinished): void {
    const request: Attributes = {
      [name.operation]: operations.request,
      [name.provider]: providerOf(format),
      [name.model]: modelOf({ modelId, format }),
    }
    const error = errorCode === undefined ? {} : { [name.error]: errorCode }
    this.#requestDuration.record(durationMs / 1_000, { ...request, ...error })
    const { inputTokens, outputTokens } = usage
    if (inputTokens !== undefined)
      this.#tokens.record(inputTokens, { ...request, [name.tokenType]: 'input' })
    if (outputTokens !== undefined)
      this.#tokens.record(outputTokens, { ...request, [name.tokenType]: 'output' })
  }

  #turnFinished({ reason, steps, maxSteps, durationMs, errorCode }: TurnFinished): void {
    const error = errorCode === undefined ? {} : { [name.error]: this.#errors.known(errorCode) }
    if (durationMs !== undefined)
      this.#turnDuration.record(durationMs / 1_000, { ...this.#agent, ...error })
    this.#turns.add(1, { [name.turnReason]: reason })
    this.#stepUsage.record(steps / maxSteps)
    if (limits.includes(reason)) this.#limits.add(1, { [name.limit]: reason })
  }

  #circuitChanged({ toolName, state }: CircuitChanged): void {
    this.#circuit.record(circuitValues[state], { [name.tool]: this.#tools.known(toolName) })
  }
}

/** Values of an attribute that clients may have a say in: so many different ones at the most. */
class Values {
  readonly #known = new Set<string>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  known(value: string): string {
    if (this.#known.size < this.#max) this.#known.add(value)
    return this.#known.has(value) ? value : other
  }
}

interface Shape {
  readonly description: string
  readonly unit: string
  readonly buckets: readonly number[]
}

function counter(meter: Meter, title: string, description: string): Counter {
  return meter.createCounter(title, { description })
}

function histogram(meter: Meter, title: string, shape: Shape): Histogram {
  const { description, unit } = shape
  const advice = { explicitBucketBoundaries: [...shape.buckets] }
  return meter.createHistogram(title, { description, unit, advice })
}
