/** How many calls run at the same time. */
export interface RoomLimits {
  /** Calls that run here at the same time; further ones wait in their queue. Default: no bound. */
  readonly maxConcurrent?: number
  /** Likewise, of one tool. Default: no bound. */
  readonly maxConcurrentPerTool?: number
}

/** How much calls may take, and when a failing tool rests. A call beyond a limit is refused, never cut. */
export interface GuardLimits extends RoomLimits {
  /** Of an input, as JSON. Default: 1 MiB. */
  readonly maxInputBytes?: number
  /** Of an output, as JSON. Default: 8 MiB. */
  readonly maxOutputBytes?: number
  /** Nesting of inputs and outputs. Default: 64. */
  readonly maxDepth?: number
  /** What the model sees of an output, where the tool sets no `maxModelOutputChars`. Default: 100,000. */
  readonly maxModelOutputChars?: number
  /** When calls to a tool that fails are refused for a while; `false`: never. */
  readonly circuit?: false | CircuitOptions
}

export interface CircuitOptions {
  /** Failures in a row after which the circuit of a tool opens. Default: 5. */
  readonly failures?: number
  /** How long it stays open before one call may try, in milliseconds. Default: 30,000. */
  readonly coolDownMs?: number
}

/** The limits with nothing left open. */
export interface KnownLimits
  extends RoomLimits, Required<Omit<GuardLimits, 'circuit' | keyof RoomLimits>> {
  readonly circuit: Required<CircuitOptions>
}

const defaults: Omit<KnownLimits, 'circuit' | keyof RoomLimits> = {
  maxInputBytes: 1_048_576,
  maxOutputBytes: 8_388_608,
  maxDepth: 64,
  maxModelOutputChars: 100_000,
}

const defaultCircuit: Required<CircuitOptions> = { failures: 5, coolDownMs: 30_000 }

export function limitsOf({ circuit = {}, ...given }: GuardLimits = {}): KnownLimits {
  const known = circuit === false ? { failures: Infinity } : circuit
  return { ...defaults, ...given, circuit: { ...defaultCircuit, ...known } }
}
