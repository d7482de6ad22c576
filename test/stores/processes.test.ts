// What other processes and the rights of files do to an SQLite store, with real processes.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { storyOf } from './story.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'toolwire-processes-'))
afterAll(() => {
  chmodSync(folder, 0o755)
  rmSync(folder, { recursive: true, force: true })
})
const [start = [], asked = []] = storyOf('t')

describe('a file that another process has locked', () => {
  async function locked(file: string) {
    const child = fork(new URL('lock-worker.ts', import.meta.url), [file])
    await once(child, 'message')
    return {
      letGo: () => void child.send('let go'),
      gone: once(child, 'exit'),
    }
  }

  test('is waited for, and then has the whole commit', async () => {
    const file = path.join(folder, 'waits.db')
    const store = await sqliteStore({ file })
    await store.commit('a', 0, start)
    const lock = await locked(file)
    const waiting = store.commit('a', 1, asked)
    // Who reads does not wait.
    expect(await store.read('a', 0)).toEqual(start)
    lock.letGo()
    expect(await waiting).toBe('committed')
    expect(await store.read('a', 0)).toEqual([...start, ...asked])
    await lock.gone
    await store.close()
  })

  test('can be opened and read', async () => {
    const file = path.join(folder, 'reads.db')
    const writer = await sqliteStore({ file })
    await writer.commit('a', 0, start)
    const lock = await locked(file)
    const store = await sqliteStore({ file })
    expect(await store.read('a', 0)).toEqual(start)
    lock.letGo()
    await lock.gone
    await store.close()
    await writer.close()
  })
})

test.skipIf(process.platform === 'win32')(
  'a file that may only be read says so to whoever would write, and has nothing of it',
  async () => {
    const file = path.join(folder, 'rights.db')
    const store = await sqliteStore({ file })
    await store.commit('a', 0, start)
    chmodSync(folder, 0o555)
    for (const each of [file, `${file}-wal`, `${file}-shm`]) chmodSync(each, 0o444)
    const worker = fork(new URL('rights-worker.ts', import.meta.url), [file])
    const [answer] = await once(worker, 'message')
    expect(answer).toMatchObject({
      code: 'STORE_FAILED',
      text: expect.stringContaining('cannot be written'),
      hint: expect.stringContaining('Give the process the right to write the file'),
    })
    chmodSync(folder, 0o755)
    for (const each of [file, `${file}-wal`, `${file}-shm`]) chmodSync(each, 0o644)
    expect(await store.read('a', 0)).toEqual(start)
    expect(await store.commit('a', 1, asked)).toBe('committed')
    await store.close()
  },
)
