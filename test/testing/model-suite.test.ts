// The suite finds what is wrong with an adapter: each row breaks one promise of an adapter that keeps them all.
import { expect, test } from 'vitest'
import type { Model, ModelEvent, ModelRequest } from '../../src/ports/index.ts'
import {
  type CreateModel,
  type ModelSuiteOptions,
  type ModelUnderTest,
  type SuiteCase,
  modelSuite,
} from '../../src/testing/index.ts'
import { chat } from '../models/model-suite-streams.ts'

const good = chat()

type Stream = (request: ModelRequest) => AsyncIterable<ModelEvent>
type Events = AsyncIterable<ModelEvent>

/** The good adapter with another `stream`. */
function streaming(change: (stream: Stream, options: ModelUnderTest) => Stream): CreateModel {
  return (options) => {
    const model = good.create(options)
    return { ...model, stream: change((request) => model.stream(request), options) }
  }
}

/** The good adapter with other events. */
function saying(change: (event: ModelEvent) => readonly ModelEvent[]): CreateModel {
  return streaming(
    (stream) =>
      async function* (request): Events {
        for await (const event of stream(request)) yield* change(event)
      },
  )
}

/** The good adapter with another request. */
function asking(change: (request: ModelRequest) => ModelRequest): CreateModel {
  return streaming((stream) => (request) => stream(change(request)))
}

/** The good adapter behind another `fetch`. */
function fetching(change: (options: ModelUnderTest) => typeof globalThis.fetch): CreateModel {
  return (options) => good.create({ ...options, fetch: change(options) })
}

/** The good adapter with another body of its requests. */
function sending(change: (body: string) => string): CreateModel {
  return fetching(
    ({ fetch }) =>
      (input, init) =>
        // All adapters send texts.
        fetch(input, { ...init, body: change(init?.body as string) }),
  )
}

/** A `fetch` that is told of no abort, with a body that is told of no end. */
function deaf({ fetch }: ModelUnderTest): typeof globalThis.fetch {
  return async (input, init) => {
    const { signal: _, ...rest } = init ?? {}
    const { body, headers } = await fetch(input, rest)
    const reader = body?.getReader()
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      const next = await reader?.read()
      if (next?.value) controller.enqueue(next.value)
      else controller.close()
    }
    return new Response(new ReadableStream({ pull }), { headers })
  }
}

const isEnd = ({ type }: ModelEvent): boolean => type === 'tool-input-end'

const faults: readonly (readonly [what: string, create: CreateModel, failing: RegExp])[] = [
  ['no finish', saying((event) => (event.type === 'finish' ? [] : [event])), /a text: becomes/],
  [
    'finish twice',
    saying((event) => (event.type === 'finish' ? [event, event] : [event])),
    /a text: becomes/,
  ],
  [
    'an event behind the finish',
    saying((event) =>
      event.type === 'finish' ? [event, { type: 'text-delta', text: 'x' }] : [event],
    ),
    /a text: becomes/,
  ],
  [
    'a call without start',
    saying((event) => (event.type === 'tool-input-start' ? [] : [event])),
    /a call: becomes/,
  ],
  [
    'a start twice',
    saying((event) => (event.type === 'tool-input-start' ? [event, event] : [event])),
    /a call: becomes/,
  ],
  ['a call without end', saying((event) => (isEnd(event) ? [] : [event])), /a call: becomes/],
  ['an end twice', saying((event) => (isEnd(event) ? [event, event] : [event])), /a call: becomes/],
  [
    'pieces that are missing',
    saying((event) => (event.type === 'tool-input-delta' ? [] : [event])),
    /a call: becomes/,
  ],
  [
    'a name that changes',
    saying((event) =>
      event.type === 'tool-input-end' ? [{ ...event, toolName: 'other' }] : [event],
    ),
    /a call: becomes/,
  ],
  [
    'an id that changes',
    saying((event) =>
      'toolCallId' in event ? [{ ...event, toolCallId: `my-${event.toolCallId}` }] : [event],
    ),
    /a call: becomes/,
  ],
  [
    'an empty object where a call was cut',
    saying((event) => {
      if (event.type !== 'tool-input-end' || !event.problem) return [event]
      const { problem: _, ...rest } = event
      return [{ ...rest, input: {} }]
    }),
    /a call: cut off anywhere/,
  ],
  [
    'an input that is not what was written',
    saying((event) =>
      event.type === 'tool-input-end' && event.input ? [{ ...event, input: { no: 1 } }] : [event],
    ),
    /a call: becomes/,
  ],
  [
    'neither input nor problem',
    saying((event) => {
      if (event.type !== 'tool-input-end') return [event]
      const { input: _, ...rest } = event
      return [rest]
    }),
    /a call: becomes/,
  ],
  [
    'the reason "stop" for calls',
    saying((event) =>
      event.type === 'finish' && event.reason === 'tool-calls'
        ? [{ ...event, reason: 'stop' }]
        : [event],
    ),
    /a call: becomes/,
  ],
  [
    'the reason "tool-calls" for none',
    saying((event) =>
      event.type === 'finish' && event.reason === 'stop'
        ? [{ ...event, reason: 'tool-calls' }]
        : [event],
    ),
    /a text: becomes/,
  ],
  [
    'no error event',
    saying((event) => (event.type === 'error' ? [] : [event])),
    /an error within HTTP 200: becomes/,
  ],
  [
    'an error twice',
    saying((event) => (event.type === 'error' ? [event, event] : [event])),
    /an error within HTTP 200: becomes/,
  ],
  [
    'an error that is none of ours',
    // The type forbids it; an adapter in JavaScript can do it all the same.
    saying((event) =>
      event.type === 'error' ? [{ ...event, error: new Error('x') as never }] : [event],
    ),
    /a refusal is an error/,
  ],
  [
    'an end that counts a cut answer as whole',
    saying((event) => {
      if (event.type === 'error') return []
      return event.type === 'finish' && event.reason === 'error'
        ? [{ ...event, reason: 'stop' }]
        : [event]
    }),
    /a text: cut off anywhere/,
  ],
  [
    'usage that is no number',
    saying((event) =>
      event.type === 'finish' ? [{ ...event, usage: { inputTokens: Number.NaN } }] : [event],
    ),
    /a text: becomes/,
  ],
  [
    'another text',
    saying((event) => [
      event.type === 'text-delta' ? { ...event, text: event.text.toUpperCase() } : event,
    ]),
    /a text: becomes/,
  ],
  [
    'another thought',
    saying((event) => [
      event.type === 'reasoning-delta' ? { ...event, text: event.text.toUpperCase() } : event,
    ]),
    /a thought and its state: becomes/,
  ],
  [
    'a cut call that is made whole',
    saying((event) => {
      if (event.type === 'tool-input-delta') return []
      if (event.type !== 'tool-input-end') return [event]
      const { toolCallId, problem, ...rest } = event
      const inputText = problem ? '{}' : rest.inputText
      return [
        { type: 'tool-input-delta', toolCallId, delta: inputText },
        { ...rest, toolCallId, inputText, input: rest.input ?? {} },
      ]
    }),
    /a call: cut off anywhere/,
  ],
  ['empty text', saying((event) => [{ type: 'text-delta', text: '' }, event]), /a text: becomes/],
  [
    'reasoning as text',
    saying((event) => [
      event.type === 'reasoning-delta' ? { ...event, type: 'text-delta' } : event,
    ]),
    /a thought and its state: becomes/,
  ],
  [
    'state that is lost',
    saying((event) => (event.type === 'provider-state' ? [] : [event])),
    /ids and state go back/,
  ],
  [
    'state under another format',
    saying((event) =>
      event.type === 'provider-state' ? [{ ...event, format: 'other' }] : [event],
    ),
    /a thought and its state: becomes/,
  ],
  [
    'state of a call that is none',
    saying((event) =>
      event.type === 'provider-state' ? [{ ...event, toolCallId: 'none' }] : [event],
    ),
    /a thought and its state: becomes/,
  ],
  [
    'state that goes to every model',
    asking((request) => ({
      ...request,
      messages: request.messages.map((message) => ({ ...message, metadata: {} })),
    })),
    /ids and state go back/,
  ],
  [
    'state of another provider in the request',
    sending((body) => body.replace('{', '{"state":"state-of-another-provider",')),
    /state of another provider/,
  ],
  [
    'exceptions for what a server does',
    streaming(
      (stream) =>
        async function* (request): Events {
          for await (const event of stream(request)) {
            if (event.type === 'error') throw event.error
            yield event
          }
        },
    ),
    /a server that is down/,
  ],
  [
    'a refusal that is sent again',
    fetching(({ fetch }) => async (input, init) => {
      const response = await fetch(input, init)
      return response.status === 401 ? fetch(input, init) : response
    }),
    /a refusal is an error/,
  ],
  [
    'characters that a chunk splits',
    fetching(({ fetch }) => async (input, init) => {
      const { body, headers } = await fetch(input, init)
      const lossy = new TransformStream<Uint8Array, Uint8Array>({
        transform: (bytes, controller) =>
          controller.enqueue(new TextEncoder().encode(new TextDecoder().decode(bytes))),
      })
      return new Response(body?.pipeThrough(lossy) ?? null, { headers })
    }),
    /a text: is the same however/,
  ],
  [
    'an abort that is not seen',
    asking(({ signal: _, ...request }) => request),
    /aborted while it waits|before it is sent/,
  ],
  [
    'an abort that throws what it likes',
    streaming(
      (stream) =>
        async function* (request): Events {
          try {
            yield* stream(request)
          } catch {
            throw new Error('stopped')
          }
        },
    ),
    /aborted before it is sent/,
  ],
  ['a body that is read on', fetching(deaf), /an answer comes while it is written/],
  ['a body that is read on after an abort', fetching(deaf), /an answer that is aborted/],
  [
    'fields that are lost',
    asking(({ providerOptions: _, ...request }) => request),
    /its own fields/,
  ],
  ['a system that is lost', asking(({ system: _, ...request }) => request), /its own fields/],
  [
    'a request that is changed',
    asking((request) => {
      Object.assign(request, { temperature: 1 })
      return request
    }),
    /a request is not changed/,
  ],
  [
    'an answer that comes when it is over',
    streaming(
      (stream) =>
        async function* (request): Events {
          const events: ModelEvent[] = []
          for await (const event of stream(request)) events.push(event)
          yield* events
        },
    ),
    /an answer comes while it is written/,
  ],
  [
    'results that are lost',
    sending((body) => {
      const sent = JSON.parse(body) as { messages: { role: string }[] }
      return JSON.stringify({
        ...sent,
        messages: sent.messages.filter(({ role }) => role !== 'tool'),
      })
    }),
    /the history of a hard conversation/,
  ],
  [
    'ids that are made up anew',
    sending((body) => body.replaceAll(/call_[ab]/g, 'call_x')),
    /parallel calls: ids and state/,
  ],
  ['no names', (options) => ({ ...good.create(options), id: '' }), /names itself/],
]

/** The cases that fail, of those with such names. */
async function failures(options: ModelSuiteOptions, named = /./): Promise<readonly string[]> {
  const cases = modelSuite(options).filter(({ name }) => named.test(name))
  const outcomes = await Promise.all(
    cases.map(({ name, run }: SuiteCase) =>
      run().then(
        () => [],
        (error: { code?: string }) => [`${name}: ${error.code}`],
      ),
    ),
  )
  return outcomes.flat()
}

test.each(faults)('%s is found', async (_, create, failing) => {
  expect(await failures({ ...good, create }, failing)).not.toEqual([])
})

test('an adapter that keeps its promises has no failures', async () => {
  expect(await failures(good)).toEqual([])
})

test('answers that mix are found', async () => {
  let last: Model | undefined
  const create: CreateModel = (options) => {
    const model = good.create(options)
    const names: string[] = []
    last = {
      ...model,
      async *stream(request): Events {
        for await (const event of model.stream(request)) {
          if (event.type === 'tool-input-start') names.push(event.toolName)
          // Whoever ends second has the calls of both.
          yield event.type === 'finish' && event.reason === 'stop' && names.length > 0
            ? { ...event, rawReason: names.join() }
            : event
        }
      },
    }
    return last
  }
  expect(await failures({ ...good, create })).toEqual([
    expect.stringMatching(/two answers at once do not mix: SUITE_FAILED/),
  ])
})

test('cases have names of their own, with the name of the adapter', () => {
  const names = modelSuite({ ...good, name: 'mine' }).map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^mine: /)
})

test('histories are looked at by the validator that is given, and by none for an unknown format', async () => {
  const refusing = {
    ...good,
    validateHistory: () => [{ path: '/x', rule: 'shape', problem: 'No.' }] as const,
  }
  expect(await failures(refusing)).toContainEqual(expect.stringMatching(/hard conversation/))
  const create: CreateModel = (options) => ({ ...good.create(options), format: 'mine' })
  const names = modelSuite({ ...good, create }).map(({ name }) => name)
  expect(names.filter((name) => name.includes('takes'))).toEqual([])
})
