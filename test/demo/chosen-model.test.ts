import { type IncomingHttpHeaders, type Server, createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { modelFromEnvironment } from '../../examples/shared/chosen-model.ts'

const received: { headers: IncomingHttpHeaders; body: string }[] = []
let server: Server
let baseURL = ''

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      const answer = { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }
      response.setHeader('content-type', 'text/event-stream')
      response.end(`data: ${JSON.stringify(answer)}\n\n`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address === 'object') baseURL = `http://127.0.0.1:${address?.port}/v1`
})
afterAll(() => server.close())

async function answerOf(env: NodeJS.ProcessEnv): Promise<string> {
  let text = ''
  for await (const event of modelFromEnvironment(env)?.model.stream({ messages: [] }) ?? [])
    if (event.type === 'text-delta') text += event.text
  return text
}

test('without keys and addresses there is no model but the script', () => {
  expect(modelFromEnvironment({})).toBeNull()
})

test('a base URL and a model are used, with their own key only', async () => {
  const local = { TOOLWIRE_BASE_URL: baseURL, TOOLWIRE_MODEL: 'small', OPENAI_API_KEY: 'of OpenAI' }
  expect(await answerOf(local)).toBe('Hi')
  expect(await answerOf({ ...local, TOOLWIRE_API_KEY: 'of the server' })).toBe('Hi')
  const [without, withKey] = received
  expect(JSON.parse(without?.body ?? '')).toMatchObject({ model: 'small' })
  expect(without?.headers.authorization).toBeUndefined()
  expect(withKey?.headers.authorization).toBe('Bearer of the server')
})

test('a key of OpenAI is enough, and the model can be chosen', () => {
  expect(modelFromEnvironment({ OPENAI_API_KEY: 'key' })?.name).toMatch(/^gpt-/)
  expect(modelFromEnvironment({ OPENAI_API_KEY: 'key', TOOLWIRE_MODEL: 'other' })?.name).toBe(
    'other',
  )
})

test('a base URL without a model is refused with what is missing', () => {
  expect(() => modelFromEnvironment({ TOOLWIRE_BASE_URL: baseURL })).toThrow('TOOLWIRE_MODEL')
})
