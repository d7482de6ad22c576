import type { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { type Socket, connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { toNodeListener } from '../../src/server/index.ts'
import { type Bench, bench, until } from './bench.ts'
import { type Host, hosts, listen } from './hosts.ts'
import { answers, gate } from './scripted.ts'
import { hello, post } from './wire.ts'

/** A connection on which a test writes what no client would; collects what comes back. */
function dial({ url }: Bench): { socket: Socket; answer: () => string } {
  let answer = ''
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.setEncoding('utf8').on('data', (text) => {
    answer += String(text)
  })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return { socket, answer: () => answer }
}

const head = (length: number): string =>
  [
    'POST /tools HTTP/1.1',
    'host: localhost',
    'authorization: ann',
    'content-type: application/json',
    `content-length: ${length}`,
    '\r\n',
  ].join('\r\n')

/** Rejections that nobody handles end a Node process; so does an `error` event without a listener. */
function faultsOfTheProcess(): readonly unknown[] {
  const faults: unknown[] = []
  const note = (error: unknown): void => void faults.push(error)
  const restore = [only('unhandledRejection', note), only('uncaughtException', note)]
  onTestFinished(() => restore.forEach((back) => back()))
  return faults
}

/** Takes an event of the process away from the test runner for a while. */
function only(event: string, listener: (error: unknown) => void): () => void {
  const events: EventEmitter = process
  const before = events.listeners(event)
  events.removeAllListeners(event).on(event, listener)
  return () => {
    events.removeAllListeners(event)
    // They were listeners of this very event.
    for (const earlier of before) events.on(event, earlier as () => void)
  }
}

async function expectAtWork(it: Bench): Promise<void> {
  const conversationId = 'nowhere'
  const answer = await it.post(post({ type: 'stop', turnId: 't' }, { conversationId }))
  expect(await answer.json()).toEqual({ error: { message: 'No such conversation.' } })
}

const sockets = hosts.filter(({ name }) => name !== 'a plain fetch host')

describe.each(sockets)('mounted in $name', (host) => {
  test.each([
    'TRACE /tools',
    'OPTIONS *',
    'POST http://[/',
    'POST //',
    'POST /tools?%',
    'PROPFIND /tools',
  ])('"%s" is refused and the server stays at work', async (line) => {
    const faults = faultsOfTheProcess()
    const it = await bench(host, { model: answers() })
    const { socket, answer } = dial(it)
    socket.write(
      `${line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    )
    await until(() => socket.closed)
    expect(answer()).toMatch(/^HTTP\/1.1 (204|4\d\d) /)
    await expectAtWork(it)
    expect(faults).toEqual([])
  })

  test.each(['[', 'a b', 'x:99999', 'x/y@z', ''])(
    'a Host of "%s" is refused or ignored, and the server stays at work',
    async (name) => {
      const faults = faultsOfTheProcess()
      const it = await bench(host, { model: answers() })
      const { socket, answer } = dial(it)
      const body = JSON.stringify(post({ type: 'stop', turnId: 't' }))
      const text = head(body.length).replace(
        'host: localhost',
        `host: ${name}\r\nconnection: close`,
      )
      socket.write(text + body)
      await until(() => socket.closed)
      expect(answer()).toMatch(/^HTTP\/1.1 [24]\d\d /)
      await expectAtWork(it)
      expect(faults).toEqual([])
    },
  )

  test('a client that breaks off its upload leaves nothing behind', async () => {
    const faults = faultsOfTheProcess()
    const it = await bench(host, { model: answers() })
    const { socket } = dial(it)
    socket.write(`${head(1_000)}{"k":`)
    await until(() => socket.bytesWritten > 100)
    // An answered request on another connection shows that the first bytes have arrived, too.
    await expectAtWork(it)
    socket.destroy()
    await expectAtWork(it)
    await until(() => socket.closed)
    expect(faults).toEqual([])
    expect(it.server.health()).toMatchObject({ links: 0, conversations: 0 })
  })

  test('a client that leaves while it is looked up leaves no link behind', async () => {
    const faults = faultsOfTheProcess()
    const [asked, known] = [gate(), gate()]
    const authenticate = async (): Promise<{ id: string }> => {
      asked.open()
      await known.passed
      return { id: 'ann' }
    }
    const it = await bench(host, { model: answers(), authenticate })
    const body = JSON.stringify(hello())
    const { socket } = dial(it)
    socket.write(head(body.length) + body)
    await asked.passed
    socket.destroy()
    await until(() => socket.closed)
    await it.world.settle()
    known.open()
    await expectAtWork(it)
    await until(() => it.server.health().links === 0)
    await it.world.advance(30_000)
    expect(it.server.health()).toMatchObject({ links: 0, conversations: 0 })
    expect(faults).toEqual([])
  })
})

describe('behind middleware of Express that takes its time', () => {
  test('a client that leaves before the listener is asked leaves no link behind', async () => {
    const faults = faultsOfTheProcess()
    const [asked, ready] = [gate(), gate()]
    const host: Host = {
      name: 'Express with slow middleware',
      mount(handler) {
        const app = express().use(express.json(), async (_, __, next) => {
          asked.open()
          await ready.passed
          next()
        })
        return listen(createServer(app.all('/tools', toNodeListener(handler))))
      },
    }
    const it = await bench(host, { model: answers() })
    const body = JSON.stringify(hello())
    const { socket } = dial(it)
    socket.write(head(body.length) + body)
    await asked.passed
    socket.destroy()
    await until(() => socket.closed)
    await it.world.settle()
    ready.open()
    await expectAtWork(it)
    await it.world.advance(30_000)
    expect(it.server.health()).toMatchObject({ links: 0, conversations: 0 })
    expect(faults).toEqual([])
  })
})

describe('over node:http', () => {
  const [host] = hosts as readonly [Host]

  test('a request that is too large is refused, and hardly any of it is kept', async () => {
    const it = await bench(host, { model: answers() })
    const { socket, answer } = dial(it)
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    const before = heldBytes()
    socket.write(head(100 * chunk.length))
    for (let n = 1; n < 100; n++)
      if (!socket.write(chunk)) await until(() => !socket.writableNeedDrain)
    expect(heldBytes() - before).toBeLessThan(48 * 1024 * 1024)
    socket.write(chunk)
    await until(() => answer().startsWith('HTTP/1.1 4'))
  })
})

/** What is still in use, garbage left out. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}
