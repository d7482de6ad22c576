import type { CreateModel } from './bench.ts'
import type { ModelRefusal, ModelStreams } from './recording.ts'

/** What every case needs to know of the adapter under test. */
export interface Served {
  readonly create: CreateModel
  readonly contentType: string
  readonly streams: ModelStreams
  readonly refusal: ModelRefusal
}
